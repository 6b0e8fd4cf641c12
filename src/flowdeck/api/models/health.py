"""Bodies of answers about the server itself."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class HealthResponse(BaseModel):
    """The server answers."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"]


class VersionResponse(BaseModel):
    """What is running here."""

    model_config = ConfigDict(
        frozen=True, json_schema_extra={"examples": [{"name": "flowdeck", "version": "0.1.0", "api": "1"}]}
    )

    name: Literal["flowdeck"]
    version: str
    api: str = Field(description="Raised when the API changes in a way that breaks its clients.")
