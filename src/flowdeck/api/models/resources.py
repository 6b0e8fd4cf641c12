"""What runs are made with, on the wire: models, tools, prices; and a model's answer to a test."""

from collections.abc import Sequence
from typing import Any, Self

from pydantic import ConfigDict, Field

from flowdeck.api.models.base import RequestModel, ResponseModel
from flowdeck.api.models.figures import Money, example
from flowdeck.api.utils.validation import StorableText
from flowdeck.engine.model_tests import PROMPT, ModelAnswer
from flowdeck.engine.pricing import ModelPrice, Price
from flowdeck.graphs.providers.spec import ModelSpec

_PRICE = {
    "currency": "USD",
    "source": "genai-prices",
    "version": "0.2.3",
    "rates": {"input": "0.15", "cached": "0.075", "cache_write": "0.15", "output": "0.6", "reasoning": "0.6"},
}
_MODEL = {
    "name": "smart",
    "provider": "openai",
    "model": "gpt-4o-mini",
    "base_url": None,
    "timeout_seconds": 60.0,
    "retries": 2,
    "fallbacks": ["default"],
    "temperature": None,
    "max_tokens": None,
    "missing_variables": [],
    "unavailable": None,
    "price": _PRICE,
    "listed_price": _PRICE,
}


class PriceResponse(ResponseModel):
    """The price of a million tokens of each kind, for a call with a short prompt."""

    currency: str
    source: str = Field(description="The source of the price: `prices.yaml`, `genai-prices`, or a free provider.")
    version: str | None
    rates: dict[str, Money] = Field(
        description="The price by kind of token: input, cached, cache_write, output, reasoning."
    )

    @classmethod
    def of(cls, price: Price) -> Self:
        """From the price of one token of each kind."""
        rates = {item.unit: item.unit_price for item in price.items}
        return cls(currency=price.currency, source=price.source, version=price.version, rates=rates)


class ConfiguredModelResponse(ResponseModel):
    """A model in use. Keys and headers are not included."""

    name: str = Field(description="The name that workflows use.")
    provider: str
    model: str = Field(description="The provider's name of the model. Prices and figures use this name.")
    base_url: str | None
    timeout_seconds: float = Field(description="The time limit of one attempt, in seconds.")
    retries: int
    fallbacks: list[str]
    temperature: float | None
    max_tokens: int | None
    missing_variables: list[str] = Field(description="Environment variables that the model needs and that are not set.")
    unavailable: str | None = Field(
        description="Why the model cannot be called on this server, with the place in models.yaml."
    )
    price: PriceResponse | None = Field(description="The price; null if it is unknown.")
    listed_price: PriceResponse | None = Field(description="The price that applies without prices.yaml.")

    @classmethod
    def of(
        cls,
        name: str,
        spec: ModelSpec,
        *,
        base_url: str | None,
        missing_variables: Sequence[str],
        unavailable: str | None,
        price: Price | None,
        listed_price: Price | None,
    ) -> Self:
        """From a configured model, an address without secrets, and prices of one token of each kind."""
        return cls(
            name=name,
            provider=spec.provider,
            model=spec.model,
            base_url=base_url,
            timeout_seconds=spec.timeout,
            retries=spec.retries,
            fallbacks=list(spec.fallbacks),
            temperature=spec.temperature,
            max_tokens=spec.max_tokens,
            missing_variables=list(missing_variables),
            unavailable=unavailable,
            price=None if price is None else PriceResponse.of(price),
            listed_price=None if listed_price is None else PriceResponse.of(listed_price),
        )


class ConfiguredModelListResponse(ResponseModel):
    """All models, in the order of models.yaml."""

    model_config = ConfigDict(json_schema_extra=example({"models": [_MODEL], "total": 1}))

    models: list[ConfiguredModelResponse]
    total: int


class ToolResponse(ResponseModel):
    """A tool in use from tools.yaml."""

    name: str
    type: str = Field(description="The type in tools.yaml, such as `calculator` or `python`.")
    description: str
    arguments: dict[str, Any] = Field(description="The JSON schema of the tool's arguments.")
    unavailable: str | None = Field(
        description="Why the tool cannot be called, with the place in tools.yaml. Its arguments are then unknown."
    )


_TOOL = {
    "name": "calculator",
    "type": "calculator",
    "description": "Computes an arithmetic expression.",
    "arguments": {"type": "object", "properties": {"expression": {"type": "string"}}, "required": ["expression"]},
    "unavailable": None,
}


class ToolListResponse(ResponseModel):
    """All tools, in the order of tools.yaml."""

    model_config = ConfigDict(json_schema_extra=example({"tools": [_TOOL], "total": 1}))

    tools: list[ToolResponse]
    total: int


class _Rates(ResponseModel):
    input: Money = Field(
        description="The price of a million input tokens. The other prices are also per million tokens."
    )
    output: Money
    cached: Money | None = Field(description="Null: the same as `input`.")
    cache_write: Money | None = Field(description="Null: the same as `input`.")
    reasoning: Money | None = Field(description="Null: the same as `output`.")


class PriceTierResponse(_Rates):
    """The prices of calls with a longer prompt."""

    above: int = Field(description="The tier applies to prompts with more tokens than this.")


class OwnPriceResponse(_Rates):
    """An entry of prices.yaml."""

    model: str = Field(description="The provider's name of the model.")
    currency: str
    tiers: list[PriceTierResponse]
    version: str = Field(description="A digest of the prices. Equal prices have the same digest.")

    @classmethod
    def of(cls, model: str, price: ModelPrice) -> Self:
        """From an entry of the file."""
        return cls(model=model, version=price.version, **price.model_dump())


class OwnPriceListResponse(ResponseModel):
    """All entries of prices.yaml, in the order of the file."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {
                "prices": [
                    {
                        "model": "house-model",
                        "currency": "EUR",
                        "input": "1",
                        "output": "4",
                        "cached": "0.1",
                        "cache_write": None,
                        "reasoning": None,
                        "tiers": [],
                        "version": "4b2f1c0e9d8a",
                    }
                ],
                "total": 1,
            }
        )
    )

    prices: list[OwnPriceResponse]
    total: int


class ModelTestRequest(RequestModel):
    """The prompt to send to the model."""

    model_config = ConfigDict(json_schema_extra=example({"prompt": PROMPT}))

    prompt: StorableText = Field(PROMPT, min_length=1, max_length=2000)


class ModelTestResponse(ResponseModel):
    """A model's reply to a test call."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {
                "name": "smart",
                "provider": "openai",
                "model": "gpt-4o-mini",
                "text": "Yes, I am here.",
                "latency_ms": 812.4,
                "time_to_first_token_ms": 403.1,
                "prompt_tokens": 16,
                "completion_tokens": 6,
                "estimated": False,
                "cost": "0.000006",
                "currency": "USD",
            }
        )
    )

    name: str
    provider: str
    model: str
    text: str = Field(
        description="The reply, at most 2,000 characters. It may be cut off, because a reply has at most 64 tokens."
    )
    latency_ms: float
    time_to_first_token_ms: float | None = Field(
        description="The time to the first token; null if the model did not stream."
    )
    prompt_tokens: int | None
    completion_tokens: int | None
    estimated: bool = Field(description="True if the token counts are estimates because the provider reported none.")
    cost: Money | None = Field(description="The cost; null if the price is unknown.")
    currency: str | None

    @classmethod
    def of(cls, name: str, answer: ModelAnswer) -> Self:
        """From an answer."""
        call = answer.call
        return cls(
            name=name,
            provider=call.provider,
            model=call.model,
            text=answer.text,
            latency_ms=round(call.latency_ms, 3),
            time_to_first_token_ms=(
                None if call.time_to_first_token_ms is None else round(call.time_to_first_token_ms, 3)
            ),
            prompt_tokens=None if call.usage is None else call.usage.prompt,
            completion_tokens=None if call.usage is None else call.usage.completion,
            estimated=call.estimated,
            cost=None if call.price is None else call.price.cost,
            currency=None if call.price is None else call.price.currency,
        )
