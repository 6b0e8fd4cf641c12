"""agent: a model that calls tools until it replies."""

from flowdeck.graphs.nodes.agent.spec import AgentNode
from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.form import MAX_TOKENS, MODEL, OUTPUT, SYSTEM, TEMPERATURE, TOOLS, FormField, NodeForm

NODE_TYPE = NodeType(
    AgentNode,
    "flowdeck.graphs.nodes.agent.step:AgentStep",
    NodeForm(
        icon="robot",
        en="A model that calls tools until it can answer",
        zh="模型反复调用工具，直到能够回答",
        starts_with={"model": "default", "system": "You are a helpful assistant.", "tools": ["calculator"]},
        settings=(
            MODEL,
            SYSTEM,
            TOOLS,
            FormField("max_iterations", "number", "Max iterations", "最大迭代次数"),
            OUTPUT,
            TEMPERATURE,
            MAX_TOKENS,
        ),
        order=20,
    ),
)
