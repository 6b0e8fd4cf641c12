"""Bodies of answers about the server itself."""

from typing import Literal

from pydantic import ConfigDict, Field

from flowdeck.api.models.base import ResponseModel


class HealthResponse(ResponseModel):
    """The server responds."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"]


class ThreadsResponse(ResponseModel):
    """Functions of workflows that are not async. Each runs in a thread."""

    running: int = Field(description="The number of functions that are running for a run.")
    waiting: int = Field(description="The number of functions that wait for a free thread.")
    abandoned: int = Field(description="The number of functions that are still running after their runs have ended.")


class ReadyResponse(ResponseModel):
    """The server accepts requests."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"status": "ok", "threads": {"running": 2, "waiting": 0, "abandoned": 1}}]},
    )

    status: Literal["ok"]
    threads: ThreadsResponse


class VersionResponse(ResponseModel):
    """The name and versions of the server."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "flowdeck", "version": "0.1.0", "api": "1"}]})

    name: Literal["flowdeck"]
    version: str
    api: str = Field(description="The version of the API. It increases with each change that breaks clients.")
