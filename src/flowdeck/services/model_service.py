"""What runs are made with, as it is in force: models with their prices, tools; and trying a model out."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from flowdeck.clock import Clock
from flowdeck.engine.live_configuration import LiveConfiguration
from flowdeck.engine.model_tests import ModelAnswer, ask_model
from flowdeck.engine.pricing import ModelPrice, Price, PriceList, TokenUsage
from flowdeck.errors.base import Problem
from flowdeck.errors.workflows import ModelNotFound
from flowdeck.graphs.models import ModelRegistry
from flowdeck.graphs.providers.spec import ModelSpec
from flowdeck.graphs.tool_types.base import Tool, UnavailableTool
from flowdeck.redaction import Redactor

_ONE_OF_EACH = TokenUsage(prompt=3, completion=2, cached=1, reasoning=1, cache_write=1)


@dataclass(frozen=True, slots=True)
class ModelView:
    """A configured model, without its secrets. `price` is of a million tokens of each kind, for a short prompt.

    `listed_price` is what it would be without prices.yaml. `unavailable` says why it cannot be called.
    """

    name: str
    spec: ModelSpec
    base_url: str | None
    missing_variables: Sequence[str]
    unavailable: Problem | None
    price: Price | None
    listed_price: Price | None


@dataclass(frozen=True, slots=True)
class ToolView:
    """A tool of tools.yaml. `unavailable` says why it cannot be called; its arguments are then unknown."""

    name: str
    type: str
    description: str
    schema: Mapping[str, JsonValue]
    unavailable: Problem | None


class ModelService:
    """Lists what is in force and asks a model."""

    def __init__(
        self,
        *,
        live: LiveConfiguration,
        adopt_edits: Callable[[], Awaitable[None]],
        clock: Clock,
        redactor: Redactor,
    ) -> None:
        self._live = live
        self._adopt_edits = adopt_edits
        self._clock = clock
        self._redactor = redactor

    async def list_models(self) -> list[ModelView]:
        """The models in the order of their file."""
        await self._adopt_edits()
        loaded = self._live.current
        return [self._view(name, loaded.resources.models, loaded.prices) for name in loaded.resources.models.names()]

    async def list_tools(self) -> list[ToolView]:
        """The tools in the order of their file, with the reason why one is unavailable."""
        await self._adopt_edits()
        return [self._tool_view(tool) for tool in self._live.current.resources.tools.entries()]

    async def list_prices(self) -> Mapping[str, ModelPrice]:
        """The prices of prices.yaml by the provider's name of the model, in the order of the file."""
        await self._adopt_edits()
        return self._live.current.prices.own

    async def test(self, name: str, prompt: str) -> ModelAnswer:
        """One call to a model. It belongs to no run, so no figure has it; the provider may charge for it.

        Raises NotFound, Unloadable, ProviderFailed, Unavailable.
        """
        await self._adopt_edits()
        with self._live.hold() as loaded:
            if name not in loaded.resources.models.names():
                raise ModelNotFound(model=name)
            return await ask_model(loaded, name, prompt, clock=self._clock, redactor=self._redactor)

    def _tool_view(self, tool: Tool | UnavailableTool) -> ToolView:
        if isinstance(tool, Tool):
            return ToolView(tool.name, tool.type, tool.description, tool.schema, None)
        return ToolView(tool.name, tool.type, tool.description, {}, self._reason(tool.problem))

    def _reason(self, problem: Problem | None) -> Problem | None:
        return None if problem is None else replace(problem, message=self._redactor.without_known(problem.message))

    def _view(self, name: str, models: ModelRegistry, prices: PriceList) -> ModelView:
        spec = models.spec(name)
        unavailable = self._reason(models.unavailable().get(name))
        base_url = None if spec.base_url is None else self._redactor.without_known(spec.base_url)
        price = prices.price(spec.provider, spec.model, _ONE_OF_EACH)
        listed = prices.listed(spec.provider, spec.model, _ONE_OF_EACH)
        return ModelView(name, spec, base_url, models.missing_variables(name), unavailable, price, listed)
