"""human: asks a person, and waits for as long as it takes."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.human.spec import HumanNode

NODE_TYPE = NodeType(HumanNode, "flowdeck.graphs.nodes.human.step:HumanStep")
