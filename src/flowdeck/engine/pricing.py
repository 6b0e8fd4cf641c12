"""The cost of model calls by configs/prices.yaml, or else the genai-prices data set. Unknown is None, never 0."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from flowdeck.graphs.providers.registry import provider_of
from flowdeck.graphs.validation import validate_located
from flowdeck.yaml_source.located import Source
from flowdeck.yaml_source.reading import read_yaml

_MILLION = Decimal(1_000_000)
_STORED = Decimal("1e-10")  # the smallest stored unit


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens of one call. `prompt` includes `cached` and `cache_write`, `completion` includes `reasoning`."""

    prompt: int
    completion: int
    cached: int = 0
    reasoning: int = 0
    cache_write: int = 0

    def by_unit(self) -> dict[str, int]:
        """Tokens by kind, each counted once. Never negative, even if a provider's counts do not add up."""
        cached = min(self.cached, self.prompt)
        cache_write = min(self.cache_write, self.prompt - cached)
        reasoning = min(self.reasoning, self.completion)
        return {
            "input": self.prompt - cached - cache_write,
            "cached": cached,
            "cache_write": cache_write,
            "output": self.completion - reasoning,
            "reasoning": reasoning,
        }


@dataclass(frozen=True, slots=True)
class LineItem:
    """The cost of one kind of token. `unit_price` is for a million tokens; `cost` is rounded to ten decimal places."""

    unit: str
    quantity: int
    unit_price: Decimal
    cost: Decimal

    def as_json(self) -> dict[str, Any]:
        """The item as JSON, with amounts as strings."""
        return {
            "unit": self.unit,
            "quantity": self.quantity,
            "unit_price": f"{self.unit_price:f}",
            "cost": f"{self.cost:f}",
        }


@dataclass(frozen=True, slots=True)
class Price:
    """The cost of a call, exactly the sum of its items. `version` identifies the version of the source's price."""

    cost: Decimal
    currency: str
    source: str
    version: str | None
    items: tuple[LineItem, ...]

    def item_rows(self, model_call_id: str) -> list[dict[str, Any]]:
        """The items as rows."""
        return [
            {
                "model_call_id": model_call_id,
                "unit": item.unit,
                "quantity": item.quantity,
                "unit_price": item.unit_price,
                "cost": item.cost,
                "currency": self.currency,
                "price_source": self.source,
                "price_version": self.version,
            }
            for item in self.items
        ]


class _Rates(BaseModel):
    """Prices per million tokens. `cached` and `cache_write` default to `input`, `reasoning` to `output`."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    input: Decimal = Field(ge=0, lt=1_000_000, max_digits=16, decimal_places=10)
    output: Decimal = Field(ge=0, lt=1_000_000, max_digits=16, decimal_places=10)
    cached: Decimal | None = Field(None, ge=0, lt=1_000_000, max_digits=16, decimal_places=10)
    cache_write: Decimal | None = Field(None, ge=0, lt=1_000_000, max_digits=16, decimal_places=10)
    reasoning: Decimal | None = Field(None, ge=0, lt=1_000_000, max_digits=16, decimal_places=10)

    def by_unit(self) -> dict[str, Decimal]:
        """The price of each kind."""
        return {
            "input": self.input,
            "cached": self.input if self.cached is None else self.cached,
            "cache_write": self.input if self.cache_write is None else self.cache_write,
            "output": self.output,
            "reasoning": self.output if self.reasoning is None else self.reasoning,
        }


class _Tier(_Rates):
    above: int = Field(ge=1)


class ModelPrice(_Rates):
    """A model's prices. If a prompt has more tokens than a tier's `above`, the whole call has that tier's prices."""

    currency: str = Field("USD", pattern="^[A-Z]{3}$")
    tiers: tuple[_Tier, ...] = ()

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        bounds = [tier.above for tier in self.tiers]
        if bounds != sorted(set(bounds)):
            raise ValueError("tiers must be in ascending order of `above`, without duplicates")
        return self

    @property
    def version(self) -> str:
        """A digest of the prices."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]

    def of(self, usage: TokenUsage) -> Price:
        """The price of a call's tokens."""
        rates: _Rates = self
        for tier in self.tiers:
            if usage.prompt > tier.above:
                rates = tier
        return _priced(usage, rates.by_unit(), self.currency, "prices.yaml", self.version)


class _PriceFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    prices: Mapping[str, ModelPrice] = Field(default_factory=dict)


class PriceList:
    """The prices of this installation: those of prices.yaml, and listed ones for all other models."""

    def __init__(self, prices: Mapping[str, ModelPrice]) -> None:
        self._prices = prices

    @classmethod
    def load(cls, source: Source | None) -> "PriceList":
        """Read prices.yaml; None means that there is no file. Raises Unloadable with the place of every mistake."""
        if source is None:
            return cls({})
        return cls(validate_located(_PriceFile, read_yaml(source)).prices)

    @property
    def own(self) -> Mapping[str, ModelPrice]:
        """The entries of prices.yaml, by the provider's name of the model."""
        return self._prices

    def price(self, provider: str, model: str, usage: TokenUsage, *, at: datetime | None = None) -> Price | None:
        """The cost of a call made at `at` (None for now); None if the model's price is unknown."""
        if (own := self._prices.get(model)) is not None:
            return own.of(usage)
        return self.listed(provider, model, usage, at=at)

    def listed(self, provider: str, model: str, usage: TokenUsage, *, at: datetime | None = None) -> Price | None:
        """The cost without prices.yaml; None if the model's price is unknown."""
        known = provider_of(provider)
        if known.free:
            return _priced(usage, dict.fromkeys(usage.by_unit(), Decimal(0)), "USD", provider, None)
        # Another provider's price does not apply to a model of the same name: the server may be the user's own.
        return None if known.priced_as is None else _data_set_price(known.priced_as, model, usage, at)


def _priced(usage: TokenUsage, rates: Mapping[str, Decimal], currency: str, source: str, version: str | None) -> Price:
    items = tuple(
        LineItem(unit, quantity, rates[unit], (rates[unit] * quantity / _MILLION).quantize(_STORED, ROUND_HALF_EVEN))
        for unit, quantity in usage.by_unit().items()
        if quantity
    )
    return Price(sum((item.cost for item in items), Decimal(0)), currency, source, version, items)


def _data_set_price(provider: str, model: str, usage: TokenUsage, at: datetime | None) -> Price | None:
    """The price by genai-prices, in USD; None if it lacks the price of a kind of token that was used."""
    import genai_prices  # noqa: PLC0415 - for the first call with such a price: it has the prices of every model

    counted = genai_prices.Usage(
        input_tokens=usage.prompt,
        output_tokens=usage.completion,
        cache_read_tokens=usage.cached,
        cache_write_tokens=usage.cache_write,
    )
    try:
        prices = genai_prices.calc_price(
            counted, model_ref=model, provider_id=provider, genai_request_timestamp=at
        ).model_price
    except LookupError:
        return None
    rates = {unit: _rate(prices, usage.prompt, *keys) for unit, keys in _DATA_SET_KEYS.items()}
    known = {unit: rate for unit, rate in rates.items() if rate is not None}
    if any(quantity and unit not in known for unit, quantity in usage.by_unit().items()):
        return None
    return _priced(usage, known, "USD", "genai-prices", genai_prices.__version__)


_DATA_SET_KEYS = {
    "input": ("input_mtok",),
    "cached": ("cache_read_mtok", "input_mtok"),
    "cache_write": ("cache_write_mtok", "input_mtok"),
    "output": ("output_mtok",),
    "reasoning": ("output_reasoning_mtok", "output_mtok"),
}


def _rate(prices: Any, prompt: int, *keys: str) -> Decimal | None:
    """The first known price, in the tier for a prompt of this many tokens."""
    price = next((found for key in keys if (found := getattr(prices, key)) is not None), None)
    if price is None or isinstance(price, Decimal):
        return price
    rate: Decimal = price.base
    for tier in price.tiers:
        if prompt > tier.start:
            rate = tier.price
    return rate
