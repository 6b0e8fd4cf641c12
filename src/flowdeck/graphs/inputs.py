"""What a workflow takes: the fields of its state and the author's words about the input, with no `${VAR}` filled in."""

from dataclasses import dataclass
from typing import cast

from pydantic import JsonValue

from flowdeck.graphs.builder import Built
from flowdeck.graphs.fields import FieldType, Reducer
from flowdeck.graphs.spec_model import Schema
from flowdeck.yaml_source.located import Path


@dataclass(frozen=True, slots=True)
class StateField:
    """A field of the state. `default` is as written; None may be a default too, which `has_default` tells."""

    name: str
    type: FieldType
    reducer: Reducer | None
    required: bool
    has_default: bool
    default: JsonValue
    description: str
    items: Schema | None
    schema: Schema | None


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a run may be given. A text alone goes to `messages_field`; None: the state has none."""

    messages_field: str | None
    state: tuple[StateField, ...]
    description: str
    example: JsonValue


def inputs_of(built: Built) -> Inputs:
    """Of a workflow in YAML from its text; of a Python graph from its state's annotations."""
    written = built.definition.written

    def text_of(path: Path, otherwise: str) -> str:
        value = written.at(path)
        return otherwise if value is None else str(value)

    fields = tuple(
        StateField(
            name=name,
            type=spec.type,
            reducer=spec.reducer,
            required=spec.required,
            has_default=spec.has_default,
            default=written.at(("state", name, "default")),
            description=text_of(("state", name, "description"), spec.description),
            items=cast("Schema | None", written.at(("state", name, "items"))),
            schema=cast("Schema | None", written.at(("state", name, "schema"))),
        )
        for name, spec in built.spec.state.items()
    )
    return Inputs(
        messages_field=built.spec.messages_field,
        state=fields,
        description=text_of(("input", "description"), ""),
        example=written.at(("input", "example")),
    )
