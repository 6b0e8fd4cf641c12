"""human: asks a person, and waits for as long as it takes."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.form import OUTPUT, NodeForm, Setting
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
            Setting("question", "template", "Question", "问题"),
            Setting("choices", "list", "Choices", "选项"),
            OUTPUT,
            Setting("deadline", "text", "Deadline", "期限"),
        ),
        order=60,
    ),
)
