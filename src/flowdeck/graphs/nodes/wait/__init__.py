"""wait: pauses the run for a time, or until a moment."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.wait.spec import WaitNode

NODE_TYPE = NodeType(WaitNode, "flowdeck.graphs.nodes.wait.step:WaitStep")
