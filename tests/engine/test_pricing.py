from decimal import Decimal

import pytest

from flowdeck.engine.pricing import PriceList, TokenUsage
from flowdeck.exceptions import Unloadable
from flowdeck.graphs.located import Source

OWN = """
prices:
  house: {currency: EUR, input: "3.00", output: "15.00", cached: "0.30", reasoning: "20.00"}
  plain: {input: "1.00", output: "2.00"}
"""


def prices(text: str = OWN) -> PriceList:
    return PriceList.load(Source(path="configs/prices.yaml", text=text))


def test_each_kind_of_token_has_its_own_price() -> None:
    found = prices().price("openai", "house", TokenUsage(prompt=1000, completion=100, cached=400, reasoning=30))
    assert found is not None
    assert (
        found.cost == (Decimal(600) * 3 + Decimal(400) * Decimal("0.3") + Decimal(70) * 15 + Decimal(30) * 20) / 10**6
    )
    assert (found.currency, found.source) == ("EUR", "prices.yaml")


def test_cached_and_reasoning_tokens_without_a_price_cost_what_their_kind_does() -> None:
    found = prices().price("openai", "plain", TokenUsage(prompt=1000, completion=100, cached=400, reasoning=30))
    assert found is not None
    assert found.cost == Decimal("0.0012")


def test_a_known_models_price_comes_from_the_data_set_with_its_cached_tokens_cheaper() -> None:
    whole = PriceList({}).price("openai", "gpt-4o-mini", TokenUsage(prompt=1000, completion=0))
    cached = PriceList({}).price("openai", "gpt-4o-mini", TokenUsage(prompt=1000, completion=0, cached=1000))
    assert whole is not None
    assert cached is not None
    assert (whole.cost, whole.source) == (Decimal("0.00015"), "genai-prices")
    assert cached.cost < whole.cost


def test_an_unknown_model_has_no_price_rather_than_none_to_pay() -> None:
    assert PriceList({}).price("openai_compatible", "nobodys-model", TokenUsage(prompt=1, completion=1)) is None


def test_the_embedded_model_costs_nothing_and_says_so() -> None:
    found = PriceList({}).price("local", "SmolLM2-135M-Instruct", TokenUsage(prompt=1, completion=1))
    assert found is not None
    assert (found.cost, found.source) == (Decimal(0), "local")


@pytest.mark.parametrize(
    "text",
    [
        "prices: {m: {input: -1, output: 1}}",
        "prices: {m: {input: 1}}",
        "price: {}",
        "prices: {m: {input: 1, output: 1, x: 1}}",
    ],
)
def test_a_mistake_in_the_price_file_is_told_with_its_place(text: str) -> None:
    with pytest.raises(Unloadable) as caught:
        prices(text)
    assert caught.value.problems[0].file == "configs/prices.yaml"
    assert caught.value.problems[0].line == 1
