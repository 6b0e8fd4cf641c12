"""The configuration in force: models, tools and prices, which are replaced together while runs continue."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

import structlog

from flowdeck.engine.pricing import PriceList
from flowdeck.graphs.builder import HttpPolicy, Resources
from flowdeck.graphs.models import ModelRegistry
from flowdeck.graphs.tools import ToolRegistry
from flowdeck.redaction import Redactor
from flowdeck.settings import Settings
from flowdeck.yaml_source.located import Environment, Source

_log = structlog.get_logger(__name__)

LoadedKind = Literal["models", "tools", "prices"]
LOADED_KINDS: tuple[LoadedKind, ...] = ("models", "tools", "prices")
"""The files that are loaded together. A workflow's file is read when a session is created."""


@dataclass(frozen=True)
class Loaded:
    """The models, tools and prices, and the texts they were loaded from; a missing file has None."""

    resources: Resources
    prices: PriceList
    sources: Mapping[LoadedKind, Source | None]


class Loader:
    """Loads models, tools and prices from texts. Blocking, because tools can import modules."""

    def __init__(self, settings: Settings, environment: Environment) -> None:
        self._settings = settings
        self._environment = environment

    def models(self, source: Source | None) -> ModelRegistry:
        """The models of models.yaml; without the file, the embedded one. Raises Unloadable."""
        return ModelRegistry.load(source, environment=self._environment)

    def tools(self, source: Source | None) -> ToolRegistry:
        """The tools of tools.yaml; without the file, those that work without configuration. Raises Unloadable."""
        return ToolRegistry.load(
            source,
            environment=self._environment,
            python_allow=self._settings.workflows.python_allow,
            folder=self._settings.config_dir,
            data_dir=self._settings.data_dir,
        )

    def load(self, sources: Mapping[LoadedKind, Source | None]) -> Loaded:
        """Load all three files. Raises Unloadable with the places of the mistakes."""
        return Loaded(
            resources=Resources(
                models=self.models(sources["models"]),
                tools=self.tools(sources["tools"]),
                python_allow=self._settings.workflows.python_allow,
                http=HttpPolicy(allow_private=frozenset(self._settings.workflows.http_allow_private)),
            ),
            prices=PriceList.load(sources["prices"]),
            sources=sources,
        )

    def reload(self, loaded: Loaded, changes: Mapping[LoadedKind, Source | None]) -> Loaded:
        """`loaded` with changed texts. Parts without a change stay the same objects. Raises Unloadable."""
        resources = loaded.resources
        if "models" in changes:
            resources = replace(resources, models=self.models(changes["models"]))
        if "tools" in changes:
            resources = replace(resources, tools=self.tools(changes["tools"]))
        prices = PriceList.load(changes["prices"]) if "prices" in changes else loaded.prices
        return Loaded(resources, prices, {**loaded.sources, **changes})


class LiveConfiguration:
    """Has the configuration in force. Runs hold the one that they started with; the last one closes its clients."""

    def __init__(self, loaded: Loaded, redactor: Redactor) -> None:
        self._current = loaded
        self._redactor = redactor
        redactor.know(loaded.resources.models.secrets())
        self._warn(loaded, None)
        self._held: Counter[ModelRegistry] = Counter()
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def current(self) -> Loaded:
        """The configuration for runs that start now."""
        return self._current

    @contextmanager
    def hold(self) -> Iterator[Loaded]:
        """Hold the current configuration, so that its clients stay open until the block ends."""
        loaded = self._current
        models = loaded.resources.models
        self._held[models] += 1
        try:
            yield loaded
        finally:
            self._held[models] -= 1
            self._close_unused(models)

    def replace(self, loaded: Loaded) -> None:
        """Put a configuration into force, in one assignment, so that it is never seen half replaced."""
        earlier, models = self._current.resources.models, loaded.resources.models
        if models is not earlier:
            models.take_over(earlier)
            self._redactor.know(models.secrets())
        self._warn(loaded, self._current)
        self._current = loaded
        self._close_unused(earlier)

    def _warn(self, loaded: Loaded, earlier: Loaded | None) -> None:
        """Log the models and tools that have become unavailable."""
        models, tools = loaded.resources.models, loaded.resources.tools
        if earlier is None or models is not earlier.resources.models:
            for name, problem in models.unavailable().items():
                _log.warning("model_unavailable", model=name, reason=self._redactor.without_known(str(problem)))
        if earlier is None or tools is not earlier.resources.tools:
            for name, tool in tools.unavailable().items():
                _log.warning("tool_unavailable", tool=name, reason=self._redactor.without_known(str(tool.problem)))

    async def aclose(self) -> None:
        """Close all clients. No run may execute afterwards."""
        while self._closing:
            await asyncio.gather(*self._closing)
        await self._current.resources.models.aclose()

    def _close_unused(self, models: ModelRegistry) -> None:
        if self._held[models] > 0 or models is self._current.resources.models:
            return
        del self._held[models]
        task = asyncio.create_task(models.aclose(), name="close-models")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
