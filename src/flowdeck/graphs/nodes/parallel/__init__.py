"""parallel: one node run for each item of a list, several at a time."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.parallel.spec import ParallelNode

NODE_TYPE = NodeType(ParallelNode, "flowdeck.graphs.nodes.parallel.step:ParallelStep")
