"""What the models of all bodies share.

Pydantic makes a model's validator and serializer when the first body comes, not when the server starts: a server uses
few of its models.
"""

from pydantic import BaseModel, ConfigDict


class RequestModel(BaseModel):
    """A body that a client sends: an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ResponseModel(BaseModel):
    """A body that the server sends, read off the object that has its values as attributes."""

    model_config = ConfigDict(frozen=True, from_attributes=True, defer_build=True)
