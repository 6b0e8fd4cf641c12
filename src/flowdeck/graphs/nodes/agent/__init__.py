"""agent: a model that calls tools until it replies."""

from flowdeck.graphs.nodes.agent.spec import AgentNode
from flowdeck.graphs.nodes.base import NodeType

NODE_TYPE = NodeType(AgentNode, "flowdeck.graphs.nodes.agent.step:AgentStep")
