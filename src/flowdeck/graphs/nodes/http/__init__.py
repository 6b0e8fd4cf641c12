"""http: one request to a web service."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.form import OUTPUT, FormField, NodeForm
from flowdeck.graphs.nodes.http.spec import HttpNode

NODE_TYPE = NodeType(
    HttpNode,
    "flowdeck.graphs.nodes.http.step:HttpStep",
    NodeForm(
        icon="world",
        en="One HTTP request",
        zh="一次 HTTP 请求",
        starts_with={"url": "https://example.org/"},
        settings=(
            FormField("method", "method", "Method", "方法"),
            FormField("url", "text", "URL", "URL"),
            FormField("headers", "pairs", "Headers", "请求头"),
            FormField("query", "pairs", "Query parameters", "查询参数"),
            FormField("body", "template", "Body", "正文"),
            OUTPUT,
        ),
        order=90,
    ),
)
