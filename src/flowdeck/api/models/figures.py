"""What the types of figures have in common: how money is written, how they are read off what managers return."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import ConfigDict, PlainSerializer, WithJsonSchema

from flowdeck.api.models.base import ResponseModel


def plain(amount: Decimal) -> str:
    """Without exponent and without zeros at the end."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


Money = Annotated[
    Decimal,
    PlainSerializer(plain, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?$", "examples": ["0.0042"]}),
]
"""An exact amount: text, because a JSON number becomes a float in most readers."""


def example(value: dict[str, Any]) -> dict[str, Any]:
    """A type's example, as `json_schema_extra`."""
    return {"examples": [value]}


class Figures(ResponseModel):
    """Answers that are read off what managers return."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)


def attributes(source: object, *names: str) -> dict[str, Any]:
    """These attributes by their names."""
    return {name: getattr(source, name) for name in names}
