"""subworkflow: another workflow run as one node, with a state of its own."""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import JsonValue

from flowdeck.graphs.conditions import Condition
from flowdeck.graphs.messages import to_json
from flowdeck.graphs.nodes.call import Call, Setting, Update
from flowdeck.graphs.nodes.subworkflow.spec import SubworkflowNode


class SubworkflowStep:
    """A subworkflow node made ready.

    The child is compiled without a checkpointer and called with the parent's config, so that it writes into the
    parent's checkpoints under its own namespace: interrupts inside it, resuming and streamed events work.
    """

    def __init__(self, node: SubworkflowNode, setting: Setting) -> None:
        child = self._child = setting.subworkflows[node.workflow]
        self._graph = child.graph.compile()
        self._input = None
        if node.input is not None:
            self._input = {field: Condition.compile(text) for field, text in node.input.items()}
        shared = child.spec.messages_field
        messages = {shared: shared} if shared is not None and shared == setting.messages_field else {}
        self._output = messages if node.output is None else node.output

    async def value(self, call: Call) -> JsonValue:
        """The child's final state as JSON; only the fields that `output` names, if it is given."""
        state = await self._run(call)
        return {target: to_json(state.get(field)) for field, target in self._output.items()}

    async def update(self, call: Call) -> Update:
        """The child's fields that `output` names, in the parent's fields; without it, the messages both have."""
        state = await self._run(call)
        return {target: state[field] for field, target in self._output.items() if field in state}

    async def _run(self, call: Call) -> Mapping[str, Any]:
        fields = self._child.spec.state
        if self._input is None:
            given = {name: to_json(value) for name, value in call.state.items() if name in fields}
        else:
            given = {field: call.evaluate(expression) for field, expression in self._input.items()}
        return cast("Mapping[str, Any]", await self._graph.ainvoke(self._child.initial_state(given), call.config))
