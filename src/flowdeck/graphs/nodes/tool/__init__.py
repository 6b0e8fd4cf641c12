"""tool: one call of a configured tool, or all calls that the last message asks for."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.form import ARGS, OUTPUT, FormField, NodeForm
from flowdeck.graphs.nodes.tool.spec import ToolNode

NODE_TYPE = NodeType(
    ToolNode,
    "flowdeck.graphs.nodes.tool.step:ToolStep",
    NodeForm(
        icon="tool",
        en="One call of a tool",
        zh="调用一次工具",
        starts_with={"tool": "calculator", "args": {"expression": "1 + 1"}, "message": True},
        settings=(
            FormField("tool", "tool", "Tool", "工具"),
            ARGS,
            OUTPUT,
            FormField("message", "switch", "Also add as a message", "同时添加为消息"),
        ),
        order=30,
    ),
)
