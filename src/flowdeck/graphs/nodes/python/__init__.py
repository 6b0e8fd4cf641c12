"""python: one call of a function on the operator's list."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.python.spec import PythonNode

NODE_TYPE = NodeType(PythonNode, "flowdeck.graphs.nodes.python.step:PythonStep")
