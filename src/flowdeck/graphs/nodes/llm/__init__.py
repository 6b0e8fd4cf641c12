"""llm: one call of a model."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.llm.spec import LlmNode

NODE_TYPE = NodeType(LlmNode, "flowdeck.graphs.nodes.llm.step:LlmStep")
