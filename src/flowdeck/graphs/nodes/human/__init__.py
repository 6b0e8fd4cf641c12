"""human: asks a person, and waits for as long as it takes."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.form import OUTPUT, FormField, NodeForm
from flowdeck.graphs.nodes.human.spec import HumanNode

NODE_TYPE = NodeType(
    HumanNode,
    "flowdeck.graphs.nodes.human.step:HumanStep",
    NodeForm(
        icon="user-question",
        en="Asks a person and waits",
        zh="询问人并等待",
        starts_with={"question": "Do you want to continue?", "choices": ["yes", "no"]},
        settings=(
            FormField("question", "template", "Question", "问题"),
            FormField("choices", "list", "Choices", "选项"),
            OUTPUT,
            FormField("deadline", "text", "Deadline", "期限"),
        ),
        order=60,
    ),
)
