"""The fields of a workflow's state as its YAML declares them."""

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, JsonValue

from flowdeck.graphs.spec_model import Schema, SpecModel

FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
# Words of CEL and of templates, and the variables both see beside the state.
RESERVED_FIELDS = frozenset(
    {
        *("agent", "config", "last", "now", "run", "turns"),
        *("true", "false", "null", "none", "in", "as", "is", "and", "or", "not", "if", "else", "for", "while", "loop"),
        *("break", "const", "continue", "function", "import", "let", "namespace", "package", "return", "self", "var"),
        *("void",),
    }
)

FieldType = Literal["messages", "string", "integer", "number", "boolean", "list", "object", "any"]
Reducer = Literal["replace", "append", "merge", "add", "max", "min"]
# Which reducers make sense for which type; `messages` has LangGraph's own: appended, replaced by id.
REDUCERS: Mapping[str, frozenset[str]] = {
    "messages": frozenset({"replace", "append"}),
    "string": frozenset({"replace", "add"}),
    "integer": frozenset({"replace", "add", "max", "min"}),
    "number": frozenset({"replace", "add", "max", "min"}),
    "boolean": frozenset({"replace"}),
    "list": frozenset({"replace", "append", "add"}),
    "object": frozenset({"replace", "merge"}),
    "any": frozenset({"replace"}),
}


class FieldSpec(SpecModel):
    """One field of the state: its type, how updates come together, and what it holds before anything is written."""

    type: FieldType = "any"
    reducer: Reducer | None = None
    default: JsonValue = None
    description: str = ""
    items: Schema | None = None
    value_schema: Schema | None = Field(None, alias="schema")
    required: bool = False

    @property
    def has_default(self) -> bool:
        """Whether a default is written; `default: null` is one."""
        return "default" in self.model_fields_set
