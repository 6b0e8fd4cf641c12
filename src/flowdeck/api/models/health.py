"""Bodies of answers about the server itself."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class HealthResponse(BaseModel):
    """The server answers."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"]


class ThreadsResponse(BaseModel):
    """Functions of workflows that are not async, each in a thread."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    running: int = Field(description="Functions that run for a run.")
    waiting: int = Field(description="Functions that wait until one of these ends.")
    abandoned: int = Field(description="Functions that still run although their runs have ended.")


class ReadyResponse(BaseModel):
    """The server takes work."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={"examples": [{"status": "ok", "threads": {"running": 2, "waiting": 0, "abandoned": 1}}]},
    )

    status: Literal["ok"]
    threads: ThreadsResponse


class VersionResponse(BaseModel):
    """What is running here."""

    model_config = ConfigDict(
        frozen=True, json_schema_extra={"examples": [{"name": "flowdeck", "version": "0.1.0", "api": "1"}]}
    )

    name: Literal["flowdeck"]
    version: str
    api: str = Field(description="Raised when the API changes in a way that breaks its clients.")
