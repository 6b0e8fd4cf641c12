"""condition: chooses the way."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.condition.spec import ConditionNode
from flowdeck.graphs.nodes.form import NodeForm

NODE_TYPE = NodeType(
    ConditionNode,
    "flowdeck.graphs.nodes.condition.step:ConditionStep",
    NodeForm(
        icon="arrows-split",
        en="Chooses the way",
        zh="选择路径",
        starts_with={"cases": [], "default": "END"},
        settings=(),
        order=50,
    ),
)
