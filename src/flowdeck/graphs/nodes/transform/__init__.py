"""transform: state fields set to the values of CEL expressions."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.form import FormField, NodeForm
from flowdeck.graphs.nodes.transform.spec import TransformNode

NODE_TYPE = NodeType(
    TransformNode,
    "flowdeck.graphs.nodes.transform.step:TransformStep",
    NodeForm(
        icon="math-function",
        en="Computes fields of the state",
        zh="计算状态字段",
        starts_with={"set": {"messages": "[]"}},
        settings=(FormField("set", "pairs", "Fields to set (CEL)", "要设置的字段（CEL）"),),
        order=40,
    ),
)
