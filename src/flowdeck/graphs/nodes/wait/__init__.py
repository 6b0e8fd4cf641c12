"""wait: pauses the run for a time, or until a moment."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.form import FormField, NodeForm
from flowdeck.graphs.nodes.wait.spec import WaitNode

NODE_TYPE = NodeType(
    WaitNode,
    "flowdeck.graphs.nodes.wait.step:WaitStep",
    NodeForm(
        icon="clock-pause",
        en="Pauses the run",
        zh="暂停运行",
        starts_with={"for": "1h"},
        settings=(
            FormField("for", "text", "Duration (such as 90s, 2h or 7d)", "时长（如 90s、2h、7d）"),
            FormField("until", "text", "Until (CEL)", "直到（CEL）"),
        ),
        order=70,
    ),
)
