"""What all parts of a workflow's specification share."""

from pydantic import BaseModel, ConfigDict, JsonValue

Schema = dict[str, JsonValue]
"""A JSON schema, draft 2020-12."""


class SpecModel(BaseModel):
    """What all parts of a workflow share: unknown keys are mistakes, and nothing changes after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)
