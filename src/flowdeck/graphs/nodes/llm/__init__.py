"""llm: one call of a model."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.form import MAX_TOKENS, MODEL, OUTPUT, SYSTEM, TEMPERATURE, TOOLS, FormField, NodeForm
from flowdeck.graphs.nodes.llm.spec import LlmNode

NODE_TYPE = NodeType(
    LlmNode,
    "flowdeck.graphs.nodes.llm.step:LlmStep",
    NodeForm(
        icon="sparkles",
        en="One call of a model",
        zh="调用一次模型",
        starts_with={"model": "default", "system": "You are a helpful assistant."},
        settings=(
            MODEL,
            SYSTEM,
            FormField("prompt", "template", "Prompt", "提示词"),
            OUTPUT,
            TOOLS,
            TEMPERATURE,
            MAX_TOKENS,
        ),
        order=10,
    ),
)
