"""python: one call of a function on the operator's list."""

from pydantic import JsonValue

from flowdeck.graphs.nodes.call import Call, Setting, Update
from flowdeck.graphs.nodes.python.spec import PythonNode
from flowdeck.graphs.python_code import call_python, load_callable, takes_key
from flowdeck.graphs.templates import ValueTemplate


class PythonStep:
    """A python node made ready; that the function is allowed was checked when the workflow was built."""

    def __init__(self, node: PythonNode, _setting: Setting) -> None:
        self._node = node
        self._function = load_callable(node.call)
        self._takes_key = takes_key(self._function)
        self._args = {name: ValueTemplate.compile(value) for name, value in node.args.items()}

    async def value(self, call: Call) -> JsonValue:
        """What the function gives; one with a parameter `idempotency_key` is told the step's key."""
        args: dict[str, JsonValue] = {name: call.render_value(template) for name, template in self._args.items()}
        if self._takes_key:
            args["idempotency_key"] = call.idempotency_key
        return await call_python(self._function, args)

    async def update(self, call: Call) -> Update:
        """The result in `output`."""
        result = await self.value(call)
        return {} if self._node.output is None else {self._node.output: result}
