"""python: one call of a function on the operator's list."""

from flowdeck.graphs.nodes.base import NodeType
from flowdeck.graphs.nodes.form import ARGS, OUTPUT, FormField, NodeForm
from flowdeck.graphs.nodes.python.spec import PythonNode

NODE_TYPE = NodeType(
    PythonNode,
    "flowdeck.graphs.nodes.python.step:PythonStep",
    NodeForm(
        icon="brand-python",
        en="One call of a function that the operator allows",
        zh="调用一个运维允许的函数",
        starts_with={"call": "module:function"},
        settings=(
            FormField("call", "text", "Function", "函数"),
            ARGS,
            OUTPUT,
        ),
        order=100,
    ),
)
