"""parallel: one node run for each item of a list, several at a time."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.form import OUTPUT, FormField, NodeForm
from flowdeck.graphs.nodes.parallel.spec import ParallelNode

NODE_TYPE = NodeType(
    ParallelNode,
    "flowdeck.graphs.nodes.parallel.step:ParallelStep",
    NodeForm(
        icon="stack-2",
        en="Runs one node for each item of a list",
        zh="为列表中的每一项运行一个节点",
        starts_with={
            "items": "messages",
            "as": "message",
            "node": {"type": "llm", "prompt": "{{ message.content }}"},
            "output": "results",
        },
        settings=(
            FormField("items", "text", "Items (CEL)", "列表（CEL）"),
            FormField("as", "text", "Item name", "列表项名称"),
            FormField("concurrency", "number", "Max concurrency", "最大并发数"),
            OUTPUT,
        ),
        order=80,
    ),
)
