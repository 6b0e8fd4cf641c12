"""What a model call costs: configs/prices.yaml first, then the genai-prices data set. Unknown is None, never 0."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from genai_prices import Usage, calc_price
from pydantic import BaseModel, ConfigDict, Field

from flowdeck.graphs.located import Source, read_yaml
from flowdeck.graphs.validation import validate_located

_PER_MILLION = Decimal(1_000_000)
_FREE_PROVIDERS = frozenset({"local"})


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens of one call. `prompt` includes `cached`, `completion` includes `reasoning`."""

    prompt: int
    completion: int
    cached: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Price:
    """A call's cost, exact, and where the price comes from."""

    cost: Decimal
    currency: str
    source: str


class ModelPrice(BaseModel):
    """Prices per million tokens. A kind of token without a price of its own costs what its whole kind does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: str = Field("USD", pattern="^[A-Z]{3}$")
    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    cached: Decimal | None = Field(None, ge=0)
    reasoning: Decimal | None = Field(None, ge=0)

    def cost(self, usage: TokenUsage) -> Decimal:
        """The price of a call's tokens."""
        cached = self.input if self.cached is None else self.cached
        reasoning = self.output if self.reasoning is None else self.reasoning
        total = (
            self.input * (usage.prompt - usage.cached)
            + cached * usage.cached
            + self.output * (usage.completion - usage.reasoning)
            + reasoning * usage.reasoning
        )
        return total / _PER_MILLION


class _PriceFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    prices: Mapping[str, ModelPrice] = Field(default_factory=dict)


class PriceList:
    """The prices this installation goes by."""

    def __init__(self, prices: Mapping[str, ModelPrice]) -> None:
        self._prices = prices

    @classmethod
    def load(cls, source: Source | None) -> "PriceList":
        """Read prices.yaml; None: no prices of one's own. Raises Unloadable with the place of a mistake."""
        if source is None:
            return cls({})
        return cls(validate_located(_PriceFile, read_yaml(source)).prices)

    def price(self, provider: str, model: str, usage: TokenUsage) -> Price | None:
        """The cost of a call; None where nobody knows the model's price."""
        if (own := self._prices.get(model)) is not None:
            return Price(own.cost(usage), own.currency, "prices.yaml")
        if provider in _FREE_PROVIDERS:
            return Price(Decimal(0), "USD", "local")
        if provider == "scripted":
            return None
        try:
            found = calc_price(
                Usage(input_tokens=usage.prompt, output_tokens=usage.completion, cache_read_tokens=usage.cached),
                model_ref=model,
                provider_id=provider if provider in _KNOWN_PROVIDERS else None,
            )
        except LookupError:
            return None
        return Price(found.total_price, "USD", "genai-prices")


_KNOWN_PROVIDERS = frozenset({"openai", "anthropic"})
