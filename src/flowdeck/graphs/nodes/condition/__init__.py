"""condition: chooses the way."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.condition.spec import ConditionNode

NODE_TYPE = NodeType(ConditionNode, "flowdeck.graphs.nodes.condition.step:ConditionStep")
