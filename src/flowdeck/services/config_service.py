"""Configuration files: read them with their versions, replace them, and put what they say into force."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from flowdeck.engine.live_configuration import LOADED_KINDS, LiveConfiguration, LoadedKind
from flowdeck.errors.base import FlowdeckError
from flowdeck.errors.configuration import ConfigFileExists, ConfigFileReadOnly, ConfigFileStale, ConfigVersionNotFound
from flowdeck.graphs.comparison import unified_diff
from flowdeck.managers.config_archive import pack, unpack
from flowdeck.managers.config_files import ConfigFile, ConfigFiles, ConfigKind, FileState
from flowdeck.managers.config_versions import ConfigVersionManager, VersionOrigin
from flowdeck.managers.paging import Page
from flowdeck.managers.workflow_manager import WorkflowManager
from flowdeck.services.config_checks import Candidate, ConfigChecks, FileCheck, shown_text
from flowdeck.settings import SETTINGS_FILE
from flowdeck.shielded import ShieldedTasks
from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL, Scope
from flowdeck.storage.tables import ConfigVersionRow

_log = structlog.get_logger(__name__)

Changes = Mapping[ConfigFile, str | None]
States = Mapping[ConfigFile, FileState | None]


@dataclass(frozen=True, slots=True)
class Precondition:
    """What must hold for a change (RFC 9110, 13.1): `match` are ETags of which the file has one, `*` for any.

    With `absent` the file must not be there yet.
    """

    match: tuple[str, ...] | None = None
    absent: bool = False

    def check(self, state: FileState | None, path: str) -> None:
        """Raises PreconditionFailed."""
        if self.absent and state is not None:
            raise ConfigFileExists(path=path)
        if self.match is None or (self.match == ("*",) and state is not None):
            return
        if state is None or state.digest not in self.match:
            raise ConfigFileStale(path=path)


ANYTHING = Precondition()


@dataclass(frozen=True, slots=True)
class FileView:
    """A file as lists show it. `version` is the newest one that is kept, `loaded_version` the one in force.

    `loaded` says whether what is in force is this very text. Of a workflow's file, `workflow_id` is the version that
    was loaded from it last.
    """

    path: str
    kind: ConfigKind
    size: int
    digest: str
    modified_at: datetime
    version: int | None
    loaded: bool
    loaded_version: int | None
    workflow_id: str | None
    writable: bool


@dataclass(frozen=True, slots=True)
class FileContent(FileView):
    """A file with its text."""

    content: str


class ConfigService:
    """The one way to change configuration files while the server runs."""

    def __init__(
        self,
        *,
        database: Database,
        files: ConfigFiles,
        versions: ConfigVersionManager,
        workflows: WorkflowManager,
        checks: ConfigChecks,
        live: LiveConfiguration,
    ) -> None:
        self._database = database
        self._files = files
        self._versions = versions
        self._workflows = workflows
        self._checks = checks
        self._live = live
        self._changes = ShieldedTasks()  # files, versions and what is in force change together, or not at all
        self._turn = asyncio.Lock()  # changes of this process come one after the other
        self._seen: object = None
        self._settings_text = _text_at_start(files)

    async def list_files(self, scope: Scope) -> list[FileView]:
        """Every file that is there, by path. What was edited on disk is noticed here."""
        await self.adopt_edits()
        states = await asyncio.to_thread(self._states)
        async with self._database.read(scope) as tx:
            newest = await self._versions.latest_of_all(tx)
            loaded = await self._workflows.current_by_path(tx)
            views = []
            for state in states:
                row, workflow = newest.get(state.file.path), loaded.get(state.file.shown)
                number = row.number if row is not None and row.digest == state.digest else None
                in_force = self._in_force(state.file, None if workflow is None else workflow.source)
                loaded_version = number if in_force == state.text else None
                if loaded_version is None and in_force is not None:
                    loaded_version = await self._versions.find_number(tx, state.file.path, in_force)
                workflow_id = None if workflow is None else workflow.workflow_id
                views.append(_view(state, number, in_force == state.text, loaded_version, workflow_id))
        return views

    async def read(self, scope: Scope, path: str) -> FileContent:
        """A file with its text; one that was edited on disk becomes a version. Raises NotFound, Unloadable."""
        file = await asyncio.to_thread(self._files.find, path)
        await self.adopt_edits()
        state = await asyncio.to_thread(self._files.read, file)
        await self._note(scope, {file: state})
        async with self._database.read(scope) as tx:
            row = await self._versions.latest(tx, file.path)
            workflow = (await self._workflows.current_by_path(tx, file.shown)).get(file.shown)
            in_force = self._in_force(file, None if workflow is None else workflow.source)
            number = None if in_force is None else await self._versions.find_number(tx, file.path, in_force)
        view = _view(
            state,
            None if row is None else row.number,
            in_force == state.text,
            number,
            None if workflow is None else workflow.workflow_id,
        )
        return FileContent(
            **{name: getattr(view, name) for name in FileView.__slots__}, content=shown_text(state.file, state.text)
        )

    async def save(
        self, scope: Scope, path: str, content: str, precondition: Precondition = ANYTHING
    ) -> tuple[FileContent, bool]:
        """Replace a file, or make it: the file, and whether it is new.

        Raises Unloadable for what would not load; then nothing is written and what is in force stays. Raises
        PreconditionFailed, Forbidden for settings, Unavailable where it cannot be written.
        """
        file = self._writable(await asyncio.to_thread(self._files.find, path))
        before = await self.apply(scope, {file: content}, "saved", precondition=precondition)
        return await self.read(scope, file.path), before[file] is None

    async def delete(self, scope: Scope, path: str, precondition: Precondition = ANYTHING) -> None:
        """Remove a file; its versions stay. Raises NotFound, PreconditionFailed, Forbidden for settings."""
        file = self._writable(await asyncio.to_thread(self._files.find, path))
        await asyncio.to_thread(self._files.read, file)
        await self.apply(scope, {file: None}, "deleted", precondition=precondition)

    async def restore(self, scope: Scope, path: str, number: int, precondition: Precondition = ANYTHING) -> FileContent:
        """Make a version's text the file's again, as a new version. Raises as `save`; NotFound for a deletion."""
        file = self._writable(await asyncio.to_thread(self._files.find, path))
        async with self._database.read(scope) as tx:
            row = await self._versions.get(tx, file.path, number)
        if row.content is None:
            raise ConfigVersionNotFound(path=file.path, number=number)
        changes = {file: row.content}
        await self.apply(scope, changes, "restored", precondition=precondition, restored_from=number)
        return await self.read(scope, file.path)

    async def list_versions(self, scope: Scope, path: str, *, page: int, page_size: int) -> Page[ConfigVersionRow]:
        """A file's versions, newest first; what is on disk is among them. Raises NotFound."""
        file = await asyncio.to_thread(self._files.find, path)
        state = await asyncio.to_thread(self._files.find_state, file)
        await self._note(scope, {file: state})
        async with self._database.read(scope) as tx:
            return await self._versions.list_versions(tx, file.path, page=page, page_size=page_size)

    async def diff(self, scope: Scope, path: str, first: int, second: int | None) -> tuple[ConfigFile, str]:
        """The difference between two versions, or between one and the file as it is. Raises NotFound."""
        file = await asyncio.to_thread(self._files.find, path)
        async with self._database.read(scope) as tx:
            before = (await self._versions.get(tx, file.path, first)).content or ""
            after = None if second is None else (await self._versions.get(tx, file.path, second)).content or ""
        if after is None:
            after = shown_text(file, (await asyncio.to_thread(self._files.read, file)).text)
        names = (f"{file.path}@{first}", f"{file.path}@{second}" if second is not None else file.path)
        diff = await asyncio.to_thread(unified_diff, before, after, before_name=names[0], after_name=names[1])
        return file, diff

    async def export(self) -> Iterator[bytes]:
        """Models, prices, tools and workflows as a zip archive, piece by piece; the settings are the machine's."""
        states = await asyncio.to_thread(self._states)
        return pack(
            {state.file.path: shown_text(state.file, state.text) for state in states if state.file.kind != "settings"}
        )

    async def import_archive(self, scope: Scope, archive: bytes, *, dry_run: bool) -> list[FileCheck]:
        """Save every file of an archive, or with `dry_run` only say what that would do.

        Files that are not in the archive stay. Raises Malformed, Unloadable: then nothing is written.
        """
        texts = await asyncio.to_thread(unpack, archive, self._files, limit=self._files.limit)
        states = await asyncio.to_thread(lambda: {file: self._files.find_state(file) for file in texts})
        before = {file: None if state is None else state.text for file, state in states.items()}
        checks = await self._checks.check_all(scope, texts, before)
        if not dry_run:
            await self.apply(scope, texts, "imported")
        return checks

    async def apply(
        self,
        scope: Scope,
        changes: Changes,
        origin: VersionOrigin,
        *,
        precondition: Precondition = ANYTHING,
        restored_from: int | None = None,
    ) -> States:
        """Write all of these texts, keep them as versions and put them into force, or do nothing at all.

        Returns what was there before. Raises as `save`.
        """
        return await self._changes.run(self._apply(scope, changes, origin, precondition, restored_from))

    async def _apply(
        self,
        scope: Scope,
        changes: Changes,
        origin: VersionOrigin,
        precondition: Precondition,
        restored_from: int | None,
    ) -> States:
        async with self._turn:
            candidate = await self._checks.candidate(changes)
            before = await asyncio.to_thread(lambda: {file: self._files.find_state(file) for file in changes})
            for file, state in before.items():
                precondition.check(state, file.path)
            await self._note(scope, before)
            different = {
                file: text
                for file, text in changes.items()
                if text != (state.text if (state := before[file]) else None)
            }
            await asyncio.to_thread(self._files.write, different)
            try:
                await self._keep(scope, list(different), origin, restored_from)
            except BaseException:
                earlier = {file: state.text if (state := before[file]) else None for file in different}
                await asyncio.to_thread(self._files.write, earlier)
                raise
            self._put_into_force(candidate)
        return before

    async def aclose(self) -> None:
        """Wait for the changes under way, including those of callers who have left."""
        await self._changes.wait()

    async def adopt_edits(self) -> None:
        """Put models, tools and prices that were edited on disk into force. What does not load stays out, and is told.

        Cheap where nothing was edited.
        """
        signature = await asyncio.to_thread(self._files.signature)
        if signature == self._seen:
            return
        async with self._turn:
            for name in _LOADED_FILES:
                await self._adopt(name)
            self._seen = signature

    async def _adopt(self, name: str) -> None:
        try:
            file = await asyncio.to_thread(self._files.find, name)
            state = await asyncio.to_thread(self._files.find_state, file)
            text = None if state is None else state.text
            if text == self._in_force(file, None):
                return
            self._put_into_force(await self._checks.candidate({file: text}, on_disk=True))
        except FlowdeckError as error:
            _log.warning("config_not_loaded", path=name, error=str(error))
            return
        _log.info("config_loaded", path=name)
        await self._note(LOCAL, {file: state})

    def _states(self) -> list[FileState]:
        states = []
        for file in self._files.list_files():
            try:
                states.append(self._files.read(file))
            except FlowdeckError:
                continue  # gone meanwhile, too large, or no text: `read` says which
        return states

    async def _note(self, scope: Scope, states: States) -> None:
        async with self._database.read(scope) as tx:
            unknown = {}
            for file, state in states.items():
                row = await self._versions.latest(tx, file.path)
                if (None if row is None else row.digest) != (None if state is None else state.digest):
                    unknown[file] = state
        if not unknown:
            return
        async with self._database.write(scope) as tx:
            for file, state in unknown.items():
                await self._versions.note(tx, file.path, state, None if state is None else _kept_text(state))

    async def _keep(
        self, scope: Scope, files: Sequence[ConfigFile], origin: VersionOrigin, restored_from: int | None
    ) -> None:
        if not files:
            return
        states = await asyncio.to_thread(lambda: {file: self._files.find_state(file) for file in files})
        async with self._database.write(scope) as tx:
            for file, state in states.items():
                text = None if state is None else _kept_text(state)
                await self._versions.add(tx, file.path, state, text, origin, restored_from=restored_from)

    def _put_into_force(self, candidate: Candidate) -> None:
        if candidate.loaded is not self._live.current:
            self._live.replace(candidate.loaded)

    def _in_force(self, file: ConfigFile, workflow_text: str | None) -> str | None:
        """The text that what is in force was made from."""
        if file.kind == "settings":
            return self._settings_text
        kind = _loaded_kind(file)
        if kind is None:
            return workflow_text
        source = self._live.current.sources[kind]
        return None if source is None else source.text

    def _writable(self, file: ConfigFile) -> ConfigFile:
        if file.kind == "settings":
            raise ConfigFileReadOnly(path=file.path)
        return file


_LOADED_FILES = ("models.yaml", "prices.yaml", "tools.yaml")


def _kept_text(state: FileState) -> str:
    return shown_text(state.file, state.text).replace("\0", "\ufffd")  # PostgreSQL keeps no NUL; no such text loads


def _text_at_start(files: ConfigFiles) -> str | None:
    state = files.find_state(files.find(SETTINGS_FILE))
    return None if state is None else state.text


def _loaded_kind(file: ConfigFile) -> LoadedKind | None:
    return next((kind for kind in LOADED_KINDS if kind == file.kind), None)


def _view(
    state: FileState, version: int | None, loaded: bool, loaded_version: int | None, workflow_id: str | None
) -> FileView:
    return FileView(
        path=state.file.path,
        kind=state.file.kind,
        size=state.size,
        digest=state.digest,
        modified_at=state.modified_at,
        version=version,
        loaded=loaded,
        loaded_version=loaded_version,
        workflow_id=workflow_id,
        writable=state.file.kind != "settings",
    )
