"""Whether configuration texts would load, and what would be different if they were in force. Nothing is written."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pydantic import JsonValue

from flowdeck.engine.live_configuration import LOADED_KINDS, LiveConfiguration, Loaded, Loader
from flowdeck.engine.programs import Programs
from flowdeck.errors.base import FlowdeckError, Problem, Unloadable
from flowdeck.graphs.comparison import GraphDiff, compare, unified_diff
from flowdeck.graphs.definition import Definition
from flowdeck.graphs.outline import Outline
from flowdeck.graphs.requirements import Needs, needs, requirements_of
from flowdeck.graphs.validation import validate_located
from flowdeck.managers.config_files import ConfigFile, ConfigFiles, ConfigKind
from flowdeck.managers.config_manager import ConfigManager
from flowdeck.managers.workflow_manager import WorkflowManager
from flowdeck.masking import masked_yaml
from flowdeck.redaction import Redactor
from flowdeck.settings import SettingsFile, settings_file_fault
from flowdeck.storage.database import Database
from flowdeck.storage.scope import Scope
from flowdeck.storage.tables import WorkflowRow
from flowdeck.yaml_source.located import Source, invalid
from flowdeck.yaml_source.reading import read_yaml

_NO_GRAPH = Outline((), ())


@dataclass(frozen=True)
class Candidate:
    """What texts that load would put into force, and the graphs of the workflows among them."""

    loaded: Loaded
    outlines: Mapping[ConfigFile, Outline]


@dataclass(frozen=True)
class AffectedWorkflow:
    """A current workflow version that uses what would change; `broken_by` says why it could no longer be built."""

    workflow_id: str
    name: str
    uses: tuple[str, ...]
    broken_by: str | None


@dataclass(frozen=True)
class Entries:
    """Names that would come, go and change: of models, tools, prices or settings."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        return frozenset((*self.added, *self.removed, *self.changed))


@dataclass(frozen=True)
class FileCheck:
    """What saving a text would do. With `error` it would be refused; `graph` and `outline` are of a workflow."""

    path: str
    kind: ConfigKind
    error: FlowdeckError | None
    diff: str
    entries: Entries
    outline: Outline | None
    graph: GraphDiff | None
    workflows: tuple[AffectedWorkflow, ...]


class ConfigChecks:
    """Tries texts out."""

    def __init__(
        self,
        *,
        database: Database,
        files: ConfigFiles,
        config: ConfigManager,
        workflows: WorkflowManager,
        programs: Programs,
        live: LiveConfiguration,
        loader: Loader,
        redactor: Redactor,
    ) -> None:
        self._database = database
        self._files = files
        self._config = config
        self._workflows = workflows
        self._programs = programs
        self._live = live
        self._loader = loader
        self._redactor = redactor

    async def candidate(self, changes: Mapping[ConfigFile, str | None], *, on_disk: bool = False) -> Candidate:
        """What would be in force. Raises Unloadable with the mistakes, as `flowdeck workflows validate` tells them.

        But for values of secret variables, which a mistake beside a `${VAR}` could repeat to whoever saves it.
        A text that makes a model or tool unavailable is refused, unless it is on disk already and counts as at a start
        or only an unset variable makes a model unavailable.
        """
        try:
            candidate = await self._candidate(changes)
            if not on_disk:
                self._refuse_lost(candidate.loaded)
        except Unloadable as error:
            raise self._without_secrets(error) from None
        return candidate

    async def _candidate(self, changes: Mapping[ConfigFile, str | None]) -> Candidate:
        for file, text in changes.items():
            if text is not None:
                self._files.check_size(text)
                if file.kind == "settings":
                    _check_settings(Source(file.shown, text))
        sources = {
            kind: None if text is None else Source(file.shown, text)
            for file, text in changes.items()
            for kind in LOADED_KINDS
            if kind == file.kind
        }
        loaded = self._live.current
        if any(source != loaded.sources[kind] for kind, source in sources.items()):
            loaded = await asyncio.to_thread(self._loader.reload, loaded, sources)
        texts = {file.real: text for file, text in changes.items() if file.kind == "workflow"}
        config = self._config.with_texts(texts)
        outlines = {}
        for file, text in changes.items():
            if file.kind == "workflow" and text is not None:
                requirements = requirements_of(loaded.resources)
                definition = await asyncio.to_thread(config.parse_file, Source(file.shown, text), requirements)
                outlines[file] = (await self._programs.check(definition, loaded.resources)).outline()
        return Candidate(loaded, outlines)

    def _refuse_lost(self, loaded: Loaded) -> None:
        """Raise Unloadable for what becomes unavailable. What is so for the same reason now may stay."""
        before = {key: problem.message for key, problem in _unavailable(self._live.current)}
        lost = [problem for key, problem in _unavailable(loaded) if before.get(key) != problem.message]
        if lost:
            raise invalid(Source(lost[0].file or "", ""), lost)

    def _without_secrets(self, error: Unloadable) -> Unloadable:
        hidden = self._redactor.without_known

        def without(value: object) -> object:
            if isinstance(value, Problem):
                return replace(value, message=hidden(value.message))
            return hidden(value) if isinstance(value, str) else value

        params = {name: without(value) for name, value in error.params.items()}
        problems = tuple(replace(problem, message=hidden(problem.message)) for problem in error.problems)
        return error.changed(problems=problems, **params)

    async def check(self, scope: Scope, path: str, content: str | None) -> FileCheck:
        """What saving `content` would do; without it, what the file on disk would do. Raises NotFound."""
        file = await asyncio.to_thread(self._files.find, path)
        state = await asyncio.to_thread(self._files.find_state, file)
        text = content if content is not None else (await asyncio.to_thread(self._files.read, file)).text
        before = (None if state is None else state.text) if content is not None else await self._in_force(scope, file)
        return (await self.check_all(scope, {file: text}, {file: before}))[0]

    async def check_all(
        self, scope: Scope, changes: Mapping[ConfigFile, str], before: Mapping[ConfigFile, str | None]
    ) -> list[FileCheck]:
        """The same of several texts that would be saved as one."""
        error: FlowdeckError | None = None
        candidate = Candidate(self._live.current, {})
        try:
            candidate = await self.candidate(changes)
        except FlowdeckError as refusal:
            error = refusal
        rows = await self._current(scope)
        checks = []
        for file, text in changes.items():
            earlier = before[file]
            entries = Entries() if file.kind == "workflow" else _entries(file.kind, earlier, text)
            outline = candidate.outlines.get(file)
            graph = None if outline is None else compare(await self._outline(file, earlier), outline)
            affected = [] if error is not None else await self._affected(file, entries, candidate, rows)
            diff = await asyncio.to_thread(
                unified_diff,
                shown_text(file, earlier or ""),
                shown_text(file, text),
                before_name=file.path,
                after_name=file.path,
            )
            checks.append(FileCheck(file.path, file.kind, error, diff, entries, outline, graph, tuple(affected)))
        return checks

    async def _in_force(self, scope: Scope, file: ConfigFile) -> str | None:
        for kind in LOADED_KINDS:
            if kind == file.kind:
                source = self._live.current.sources[kind]
                return None if source is None else source.text
        async with self._database.read(scope) as tx:
            row = (await self._workflows.current_by_path(tx, file.shown)).get(file.shown)
        return None if row is None else row.source

    async def _current(self, scope: Scope) -> list[tuple[WorkflowRow, Definition, Needs]]:
        async with self._database.read(scope) as tx:
            rows = await self._workflows.list_current(tx)
        found = []
        for row in rows:
            try:
                definition = await asyncio.to_thread(self._programs.definition, row)
            except Unloadable:
                continue  # it could not be built before either
            found.append((row, definition, needs(definition)))
        return found

    async def _affected(
        self,
        file: ConfigFile,
        entries: Entries,
        candidate: Candidate,
        rows: list[tuple[WorkflowRow, Definition, Needs]],
    ) -> list[AffectedWorkflow]:
        found = []
        for row, definition, needed in rows:
            uses = self._uses(file, entries, needed)
            if uses:
                broken = await self._broken(definition, candidate) if file.kind in ("models", "tools") else None
                found.append(AffectedWorkflow(row.workflow_id, row.name, tuple(sorted(uses)), broken))
        return found

    def _uses(self, file: ConfigFile, entries: Entries, needed: Needs) -> frozenset[str]:
        match file.kind:
            case "models":
                return needed.models & entries.names
            case "tools":
                return needed.tools & entries.names
            case "workflow":
                return needed.files & {file.shown}
            case "prices":
                return frozenset(self._provider_names(needed.models)) & entries.names
            case _:
                return frozenset()

    def _provider_names(self, models: frozenset[str]) -> set[str]:
        """What providers call these models: prices go by that."""
        registry = self._live.current.resources.models
        return {registry.spec(name).model for name in models if name in registry.names()}

    async def _broken(self, definition: Definition, candidate: Candidate) -> str | None:
        try:
            await self._programs.check(definition, candidate.loaded.resources)
        except FlowdeckError as error:
            return error.detail()
        return None

    async def _outline(self, file: ConfigFile, text: str | None) -> Outline:
        if text is None:
            return _NO_GRAPH
        try:
            definition = await asyncio.to_thread(self._config.parse_file, Source(file.shown, text))
            if definition.spec.graph is None:
                return definition.outline()  # also of one whose models are gone meanwhile
            return (await self._programs.check(definition)).outline()
        except Unloadable:
            return _NO_GRAPH


def _unavailable(loaded: Loaded) -> Iterator[tuple[tuple[str, str], Problem]]:
    """The models and tools that cannot be called, but for models that only lack a variable: a key may come later."""
    models, tools = loaded.resources.models, loaded.resources.tools
    for name, problem in models.unavailable().items():
        if not models.missing_variables(name):
            yield ("model", name), problem
    for name, tool in tools.unavailable().items():
        yield ("tool", name), tool.problem


def _check_settings(source: Source) -> None:
    located = read_yaml(source)
    validate_located(SettingsFile, located)
    value = located.value
    if isinstance(value, dict) and (fault := settings_file_fault(value)):
        raise invalid(source, [located.problem(tuple(fault[0].split(".")), fault[1])])


def _entries(kind: ConfigKind, before: str | None, after: str) -> Entries:
    old, new = _named(kind, before), _named(kind, after)
    return Entries(
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new),
        changed=tuple(name for name in new if name in old and old[name] != new[name]),
    )


def _named(kind: ConfigKind, text: str | None) -> Mapping[str, JsonValue]:
    """What a text defines, by name; nothing where it cannot be read."""
    if text is None:
        return {}
    try:
        value = read_yaml(Source("", text)).value
    except Unloadable:
        return {}
    if not isinstance(value, dict):
        return {}
    if kind == "settings":
        return {
            f"{name}.{key}" if isinstance(group, dict) else name: inner
            for name, group in value.items()
            for key, inner in (group.items() if isinstance(group, dict) else [("", group)])
        }
    inner = value.get(kind)
    return inner if isinstance(inner, dict) else {}


def shown_text(file: ConfigFile, text: str) -> str:
    """A file's text as it may be shown. Its references stay; secrets that someone wrote into it do not."""
    return masked_yaml(text) if file.kind in ("models", "settings") else text
