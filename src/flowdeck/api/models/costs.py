"""Money on the wire: costs, line items, prices that have changed. Every definition stands in docs/analytics.md."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, PlainSerializer

from flowdeck.api.models.figures import Figures, Money, attributes, example, plain
from flowdeck.api.utils.serialization import Moment
from flowdeck.managers.cost_manager import CostFigures, CostReport


class _Cost(Figures):
    currency: str | None = Field(description="The currency of the prices; null if there is none or more than one.")
    total_cost: Money | None = Field(
        description="The total cost; null if a call has no price, nothing has a price, or there are several currencies."
    )
    costs: dict[str, Money] = Field(description="The cost of all calls with a price, by currency.")


class PartCost(_Cost):
    """The cost of the calls to one model."""

    calls: int
    unpriced_calls: int


class DayCost(PartCost):
    """The cost of the calls on one UTC day."""

    date: date


_COST = {"currency": "USD", "total_cost": "0.0042", "costs": {"USD": "0.0042"}}


class CostStatisticsResponse(PartCost):
    """The cost of model calls. Amounts in different currencies are never added."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {
                "session_id": "chat-251022-174800-1f73e8",
                **_COST,
                "calls": 2,
                "unpriced_calls": 0,
                "cost_by_model": {"gpt-4o-mini": {**_COST, "calls": 2, "unpriced_calls": 0}},
                "cost_by_unit": {"input": _COST},
                "cost_by_time": [{"date": "2025-10-22", **_COST, "calls": 2, "unpriced_calls": 0}],
            }
        )
    )

    session_id: str | None
    cost_by_model: dict[str, PartCost]
    cost_by_unit: dict[str, _Cost] = Field(
        description="The cost by kind of token: input, cached, cache_write, output, reasoning."
    )
    cost_by_time: list[DayCost]

    @classmethod
    def of(cls, session_id: str | None, report: CostReport) -> Self:
        """From the costs of a session, or of more."""
        return cls.model_validate(
            {
                **_costs(report.total),
                "session_id": session_id,
                "cost_by_model": {model.label: _costs(model) for model in report.models},
                "cost_by_unit": {unit.label: _costs(unit) for unit in report.units},
                "cost_by_time": [{**_costs(day), "date": day.label} for day in report.days],
            }
        )


def _costs(figures: CostFigures) -> dict[str, Any]:
    return attributes(figures, "calls", "unpriced_calls", "currency", "total_cost", "costs")


_CALL: dict[str, Any] = {
    "model_call_id": "call-0a1b2c3d4e5f",
    "session_id": "chat-251022-174800-1f73e8",
    "run_id": "run-6f1f0a7c9b3e4d5a8b7c6d5e",
    "model": "gpt-4o-mini",
    "currency": "USD",
    "price_source": "genai-prices",
    "price_version": "0.2.3",
}


class LineItemResponse(Figures):
    """The cost of one kind of token in a call. A call's items add up exactly to its cost."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {
                **_CALL,
                "node": "answer",
                "provider": "openai",
                "unit": "input",
                "quantity": 600,
                "unit_price": "0.15",
                "cost": "0.00009",
                "created_at": "2025-10-22T17:48:01.190000Z",
            }
        )
    )

    model_call_id: str
    session_id: str
    run_id: str
    node: str | None
    provider: str
    model: str
    unit: str = Field(description="The kind of token: input, cached, cache_write, output or reasoning.")
    quantity: int = Field(description="The number of tokens.")
    unit_price: Money = Field(description="The price of a million tokens.")
    cost: Money
    currency: str
    price_source: str
    price_version: str | None
    created_at: Moment


class _PageResponse(Figures):
    total: int = Field(description="The number of all matching entries; a lower bound if `total_is_exact` is false.")
    total_is_exact: bool = Field(description="False if the list has more entries than are counted by default.")
    page: int
    page_size: int
    has_next: bool


class LineItemListResponse(_PageResponse):
    """One page of line items."""

    items: list[LineItemResponse]


class PriceChangeResponse(Figures):
    """The cost of a call before and after it was repriced."""

    repricing_id: str
    model_call_id: str
    session_id: str
    run_id: str
    model: str
    cost: Money | None
    currency: str | None
    price_source: str | None
    price_version: str | None
    items: list[dict[str, Any]]
    new_cost: Money | None
    new_currency: str | None
    changed_at: Moment
    created_by: str


class PriceChangeListResponse(_PageResponse):
    """One page of price changes."""

    changes: list[PriceChangeResponse] = Field(validation_alias="items")


class RepricingResponse(Figures):
    """The changes that a repricing made, or would make."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {
                "repricing_id": "repricing-9c1d2e3f",
                "dry_run": False,
                "examined": 120,
                "changed": 80,
                "newly_priced": 10,
                "no_longer_priced": 0,
                "before": {"USD": "1.20"},
                "after": {"USD": "1.05"},
                "difference": {"USD": "-0.15"},
            }
        )
    )

    repricing_id: str | None = Field(
        description="The id under which the earlier prices are stored; null for a dry run."
    )
    dry_run: bool
    examined: int = Field(description="The number of calls with known token counts.")
    changed: int
    newly_priced: int
    no_longer_priced: int
    before: dict[str, Money] = Field(
        description="The total cost of the changed calls before the repricing, by currency."
    )
    after: dict[str, Money]
    difference: dict[str, Annotated[Decimal, PlainSerializer(plain, return_type=str, when_used="json")]]
