"""Bodies of answers about the server itself."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class HealthResponse(BaseModel):
    """The server responds."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"]


class ThreadsResponse(BaseModel):
    """Functions of workflows that are not async. Each runs in a thread."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    running: int = Field(description="The number of functions that are running for a run.")
    waiting: int = Field(description="The number of functions that wait for a free thread.")
    abandoned: int = Field(description="The number of functions that are still running after their runs have ended.")


class ReadyResponse(BaseModel):
    """The server accepts requests."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={"examples": [{"status": "ok", "threads": {"running": 2, "waiting": 0, "abandoned": 1}}]},
    )

    status: Literal["ok"]
    threads: ThreadsResponse


class VersionResponse(BaseModel):
    """The name and versions of the server."""

    model_config = ConfigDict(
        frozen=True, json_schema_extra={"examples": [{"name": "flowdeck", "version": "0.1.0", "api": "1"}]}
    )

    name: Literal["flowdeck"]
    version: str
    api: str = Field(description="The version of the API. It increases with each change that breaks clients.")
