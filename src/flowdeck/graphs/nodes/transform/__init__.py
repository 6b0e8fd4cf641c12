"""transform: state fields set to the values of CEL expressions."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.transform.spec import TransformNode

NODE_TYPE = NodeType(TransformNode, "flowdeck.graphs.nodes.transform.step:TransformStep")
