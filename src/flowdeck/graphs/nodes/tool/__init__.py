"""tool: one call of a configured tool, or all calls that the last message asks for."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.tool.spec import ToolNode

NODE_TYPE = NodeType(ToolNode, "flowdeck.graphs.nodes.tool.step:ToolStep")
