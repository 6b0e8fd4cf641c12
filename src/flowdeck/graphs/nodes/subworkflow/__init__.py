"""subworkflow: another workflow run as one node, with a state of its own."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.form import FormField, NodeForm
from flowdeck.graphs.nodes.subworkflow.spec import SubworkflowNode

NODE_TYPE = NodeType(
    SubworkflowNode,
    "flowdeck.graphs.nodes.subworkflow.step:SubworkflowStep",
    NodeForm(
        icon="sitemap",
        en="Another workflow as one node",
        zh="把另一个工作流作为一个节点",
        starts_with={"workflow": "chat.yaml"},
        settings=(
            FormField("workflow", "text", "Workflow file", "工作流文件"),
            FormField("input", "pairs", "Input fields (CEL)", "输入字段（CEL）"),
            FormField("output", "pairs", "Output field", "输出字段"),
        ),
        order=110,
    ),
)
