"""What nodes write into the state, held to the fields' types and schemas as input is."""

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import BaseMessage, RemoveMessage

from flowdeck.errors.base import Problem
from flowdeck.errors.nodes import UpdateInvalid
from flowdeck.graphs.fields import FieldSpec
from flowdeck.graphs.messages import read_messages, to_json
from flowdeck.graphs.state import changes_nothing, field_problems, joined, schema_problems
from flowdeck.graphs.user_code import failure_text


class Writes:
    """The fields of a workflow, as its nodes write them."""

    def __init__(self, fields: Mapping[str, FieldSpec]) -> None:
        self._fields = fields
        # A field's schema is about its value; what is written may be a part of it.
        self._parts = {name: spec.model_copy(update={"value_schema": None}) for name, spec in fields.items()}

    def checked(self, node: str, state: Mapping[str, Any], update: Mapping[str, Any]) -> dict[str, Any]:
        """The update as LangGraph takes it: messages as LangChain's, and without nulls that change nothing.

        Raises RunFailed `update_invalid` with every place that does not fit; `field` is the first one.
        """
        result: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, value in update.items():
            spec = self._fields.get(name)
            if spec is None:
                result[name] = value
            elif spec.type == "messages" and value is not None:
                result[name] = self._messages(name, value, problems)
            elif not changes_nothing(spec, value):
                problems.extend(self._problems(name, state.get(name), value))
                result[name] = value
        if problems:
            first = problems[0]
            message = "; ".join(problem.message for problem in problems[:3])
            raise UpdateInvalid(node=node, field=first.field, message=message, problems=tuple(problems))
        return result

    def _problems(self, name: str, old: Any, value: Any) -> list[Problem]:
        spec, part = self._fields[name], self._parts[name]
        plain = value if spec.items is None and spec.value_schema is None else to_json(value)
        entries = [plain] if spec.reducer == "append" and not isinstance(plain, list) else plain
        found = list(field_problems(part, entries, name))
        if found:
            return found
        try:
            after = joined(spec, old, plain)
        except Exception as error:  # noqa: BLE001 - an old value may be of any type: an earlier version wrote it
            return [Problem(f"{spec.reducer} failed: {failure_text(error)}", name)]
        return [] if spec.value_schema is None else list(schema_problems(spec.value_schema, to_json(after), name))

    def _messages(self, name: str, value: Any, problems: list[Problem]) -> Any:
        if isinstance(value, str):
            return read_messages(value)
        if not isinstance(value, Sequence):
            value = [value]
        messages: list[BaseMessage] = []
        for index, message in enumerate(value):
            if isinstance(message, BaseMessage):
                messages.append(message)
                continue
            if isinstance(message, Mapping) and message.get("type") == "remove" and isinstance(message.get("id"), str):
                messages.append(RemoveMessage(message["id"]))
                continue
            found = list(field_problems(self._fields[name], [message], name))
            problems.extend(Problem(problem.message, f"{name}.{index}") for problem in found)
            if not found:
                messages.extend(read_messages([message]))
        return messages
