import random
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from genai_prices import Usage, calc_price, data
from hypothesis import given
from hypothesis import strategies as st

from flowdeck.engine.pricing import ModelPrice, Price, PriceList, TokenUsage
from flowdeck.errors.base import Unloadable
from flowdeck.yaml_source.located import Source

OWN = """
prices:
  house: {currency: EUR, input: "3.00", output: "15.00", cached: "0.30", reasoning: "20.00"}
  plain: {input: "1.00", output: "2.00"}
  steps:
    input: "1.00"
    output: "2.00"
    tiers:
      - {above: 1000, input: "10", output: "20", cached: "5"}
      - {above: 2000, input: "100", output: "200"}
"""

USAGES = st.builds(TokenUsage, *[st.integers(0, 10**7)] * 5)


def prices(text: str = OWN) -> PriceList:
    return PriceList.load(Source(path="configs/prices.yaml", text=text))


def price(provider: str, model: str, usage: TokenUsage, known: PriceList | None = None) -> Price:
    found = (known or prices()).price(provider, model, usage)
    assert found is not None
    return found


def test_each_kind_of_token_has_its_own_price() -> None:
    found = price("openai", "house", TokenUsage(prompt=1000, completion=100, cached=400, reasoning=30))
    assert (
        found.cost == (Decimal(600) * 3 + Decimal(400) * Decimal("0.3") + Decimal(70) * 15 + Decimal(30) * 20) / 10**6
    )
    assert (found.currency, found.source) == ("EUR", "prices.yaml")


def test_cached_and_reasoning_tokens_without_a_price_cost_what_their_kind_does() -> None:
    found = price("openai", "plain", TokenUsage(prompt=1000, completion=100, cached=400, reasoning=30, cache_write=50))
    assert found.cost == Decimal("0.0012")


@pytest.mark.parametrize(
    ("prompt", "cost"), [(1000, "0.001002"), (1001, "0.01003"), (2000, "0.02002"), (2001, "0.2003")]
)
def test_a_long_prompt_puts_the_whole_call_into_its_tier(prompt: int, cost: str) -> None:
    assert price("x", "steps", TokenUsage(prompt=prompt, completion=1)).cost == Decimal(cost)


def test_a_tiers_kinds_fall_back_to_the_tiers_own_prices() -> None:
    assert price("x", "steps", TokenUsage(prompt=1500, completion=0, cached=1500)).cost == Decimal("0.0075")
    assert price("x", "steps", TokenUsage(prompt=3000, completion=0, cached=3000)).cost == Decimal("0.3")


@given(USAGES, st.decimals(0, 1000, places=7), st.decimals(0, 1000, places=7))
def test_the_items_add_up_to_the_cost_and_count_each_token_once(usage: TokenUsage, one: Decimal, two: Decimal) -> None:
    found = ModelPrice(input=one, output=two, cached=two, reasoning=one).of(usage)
    assert sum(item.cost for item in found.items) == found.cost
    assert sum(item.quantity for item in found.items) == usage.prompt + usage.completion
    assert all(item.quantity > 0 for item in found.items)
    assert all(-int(item.cost.as_tuple().exponent) <= 10 for item in found.items)


def test_the_same_prices_have_the_same_version_and_others_another() -> None:
    first, same, other = (
        price("x", "plain", TokenUsage(prompt=1, completion=1), prices(text)).version
        for text in (OWN, 'prices: {plain: {output: "2.00", input: "1.00"}}', "prices: {plain: {input: 1, output: 3}}")
    )
    assert first == same
    assert first != other


def test_a_known_models_price_comes_from_the_data_set_with_its_cached_tokens_cheaper() -> None:
    whole = price("openai", "gpt-4o-mini", TokenUsage(prompt=1000, completion=0))
    cached = price("openai", "gpt-4o-mini", TokenUsage(prompt=1000, completion=0, cached=1000))
    assert (whole.cost, whole.source) == (Decimal("0.00015"), "genai-prices")
    assert whole.version
    assert cached.cost == Decimal("0.000075")


def test_the_items_of_the_data_set_add_up_to_what_it_says_itself() -> None:
    """Of every model that is priced by the tokens we count."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    chance = random.Random(5)  # noqa: S311 - reproducible is what it must be
    compared = 0
    for provider in (p for p in data.providers if p.id in {"openai", "anthropic", "google", "mistral", "deepseek"}):
        ours = {"google": "google_genai", "mistral": "mistralai"}.get(provider.id, provider.id)
        for model in provider.models:
            prompt, completion = chance.randrange(1, 400_000), chance.randrange(1, 5000)
            usage = TokenUsage(prompt, completion, cached=prompt // 3, cache_write=prompt // 5)
            found = PriceList({}).price(ours, model.id, usage, at=at)
            if found is None:
                continue
            theirs = calc_price(
                Usage(
                    input_tokens=prompt,
                    output_tokens=completion,
                    cache_read_tokens=prompt // 3,
                    cache_write_tokens=prompt // 5,
                ),
                model_ref=model.id,
                provider_id=provider.id,
                genai_request_timestamp=at,
            )
            assert abs(found.cost - theirs.total_price) <= Decimal("2e-10"), model.id
            compared += 1
    assert compared > 100


def test_a_model_of_the_data_set_without_a_price_for_what_was_used_has_none() -> None:
    usage = TokenUsage(prompt=100, completion=100)
    assert PriceList({}).price("openai", "text-embedding-3-small", TokenUsage(prompt=100, completion=0)) is not None
    assert PriceList({}).price("openai", "text-embedding-3-small", usage) is None


@pytest.mark.parametrize("provider", ["openai_compatible", "ollama", "scripted", "unknown"])
def test_nobody_elses_price_is_taken_for_a_model_of_the_same_name(provider: str) -> None:
    assert PriceList({}).price(provider, "gpt-4o-mini", TokenUsage(prompt=1, completion=1)) is None


def test_an_unknown_model_has_no_price_rather_than_none_to_pay() -> None:
    assert PriceList({}).price("openai", "nobodys-model", TokenUsage(prompt=1, completion=1)) is None


def test_the_embedded_model_costs_nothing_and_says_so() -> None:
    found = price("local", "SmolLM2-135M-Instruct", TokenUsage(prompt=1, completion=1))
    assert (found.cost, found.source, found.version) == (Decimal(0), "local", None)
    assert [(item.unit, item.cost) for item in found.items] == [("input", Decimal(0)), ("output", Decimal(0))]


@pytest.mark.parametrize(
    "text",
    [
        "prices: {m: {input: -1, output: 1}}",
        "prices: {m: {input: 1}}",
        "price: {}",
        "prices: {m: {input: 1, output: 1, x: 1}}",
        "prices: {m: {input: 1, output: 1, tiers: [{above: 2, input: 1, output: 1}, {above: 1, input: 1, output: 1}]}}",
        "prices: {m: {input: 1, output: 1, tiers: [{above: 0, input: 1, output: 1}]}}",
        "prices: {m: {input: '0.00000000001', output: 1}}",
        "prices: {m: {input: NaN, output: 1}}",
    ],
)
def test_a_mistake_in_the_price_file_is_told_with_its_place(text: str) -> None:
    with pytest.raises(Unloadable) as caught:
        prices(text)
    assert caught.value.problems[0].file == "configs/prices.yaml"
    assert caught.value.problems[0].line == 1


def test_a_price_that_lacks_a_part_names_it() -> None:
    with pytest.raises(Unloadable) as refused:
        PriceList.load(Source("prices.yaml", "prices: {broken: {input: many}}"))
    assert [problem.field for problem in refused.value.problems] == ["prices.broken.output", "prices.broken.input"]
