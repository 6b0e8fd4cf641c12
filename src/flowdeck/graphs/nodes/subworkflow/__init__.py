"""subworkflow: another workflow run as one node, with a state of its own."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.subworkflow.spec import SubworkflowNode

NODE_TYPE = NodeType(SubworkflowNode, "flowdeck.graphs.nodes.subworkflow.step:SubworkflowStep")
