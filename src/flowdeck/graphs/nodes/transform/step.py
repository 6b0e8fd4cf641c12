"""transform: state fields set to the values of CEL expressions."""

from pydantic import JsonValue

from flowdeck.graphs.conditions import Condition
from flowdeck.graphs.nodes.call import Call, Setting, Update
from flowdeck.graphs.nodes.transform.spec import TransformNode


class TransformStep:
    """A transform node made ready. Every expression sees the state as it was before the node."""

    def __init__(self, node: TransformNode, _setting: Setting) -> None:
        self._expressions = {field: Condition.compile(text) for field, text in node.set.items()}

    async def value(self, call: Call) -> JsonValue:
        """The new values by name."""
        return {name: call.evaluate(expression) for name, expression in self._expressions.items()}

    async def update(self, call: Call) -> Update:
        """The new values by field."""
        return {field: call.evaluate(expression) for field, expression in self._expressions.items()}
