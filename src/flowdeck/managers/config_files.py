"""The configuration files on disk: which there are, what they hold, and replacing them whole. Blocking.

What they mean is not decided here, and who changed them when is in `config_versions.py`.
"""

import errno
import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Literal

from flowdeck.errors.base import Unavailable, Unloadable
from flowdeck.errors.configuration import ConfigFileNotFound, ConfigNotWritable
from flowdeck.errors.server import StorageFull
from flowdeck.errors.workflows import DefinitionTooLarge, PathOutsideRoots
from flowdeck.managers.config_manager import read_regular_file, require_plain
from flowdeck.settings import SETTINGS_FILE, Settings

ConfigKind = Literal["models", "tools", "prices", "settings", "workflow"]

KIND_OF_NAME: Mapping[str, ConfigKind] = {
    "models.yaml": "models",
    "prices.yaml": "prices",
    "tools.yaml": "tools",
    SETTINGS_FILE: "settings",
}
_SUFFIXES = frozenset({".yaml", ".yml"})
_LISTED = 10_000  # files; more are no configuration but a mistake in `workflows.roots`
_TEMPORARY = ".flowdeck-"
_STALE_SECONDS = 60  # a temporary file that is older was left by a process that died
_NEW_MODE = 0o644


@dataclass(frozen=True)
class ConfigFile:
    """A configuration file, there or yet to be made.

    `path` is what the API calls it (`workflows/chat.yaml`), `shown` what mistakes in it call it
    (`configs/workflows/chat.yaml`), `real` where it is, links followed.
    """

    path: str
    kind: ConfigKind
    shown: str
    real: Path


@dataclass(frozen=True)
class FileState:
    """What a file holds: its text without a byte order mark, the SHA-256 of that as hex, its size in bytes."""

    file: ConfigFile
    text: str
    digest: str
    size: int
    modified_at: datetime


class ConfigFiles:
    """models.yaml, tools.yaml, prices.yaml, flowdeck.yaml in the config folder, and YAML files in workflow folders."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.config_dir
        self.limit = settings.workflows.max_bytes
        self._roots = dict(_labelled(settings))

    def find(self, path: str) -> ConfigFile:
        """The file of this name, whether it is there or not; `configs/…` before it is read over.

        Raises Unloadable `path_outside_roots` for a path or a link that leads elsewhere, NotFound
        `config_file_not_found` for a name that no configuration file has.
        """
        require_plain(path)
        parts = [part for part in PurePosixPath(path).parts if part != "."]
        if len(parts) > 1 and parts[0] == self._folder.name and parts[0] not in self._roots:
            parts = parts[1:]
        if any(part.startswith(".") or "\\" in part or "%" in part for part in parts):
            raise PathOutsideRoots()
        if len(parts) == 1 and parts[0] in KIND_OF_NAME:
            return self._file(parts[0], KIND_OF_NAME[parts[0]], self._folder, parts[0])
        if len(parts) > 1 and parts[0] in self._roots and Path(parts[-1]).suffix in _SUFFIXES:
            return self._file("/".join(parts), "workflow", self._roots[parts[0]], "/".join(parts[1:]))
        raise ConfigFileNotFound(path=path[:200])

    def list_files(self) -> list[ConfigFile]:
        """All that are there, by path."""
        found = [self._file(name, kind, self._folder, name) for name, kind in KIND_OF_NAME.items()]
        found = [file for file in found if file.real.is_file()]
        for label, root in self._roots.items():
            for name in _yaml_names(root):
                try:
                    file = self._file(f"{label}/{name}", "workflow", root, name)
                except Unloadable:
                    continue  # a link that leads outside
                if file.real.is_file():
                    found.append(file)
        return sorted(found[:_LISTED], key=lambda file: file.path)

    def workflow_signature(self) -> object:
        """Changes when a file of the workflow folders is added, removed, replaced or edited."""
        return tuple((file.shown, _signature(file.real)) for file in self.list_files() if file.kind == "workflow")

    def read(self, file: ConfigFile) -> FileState:
        """What the file holds now. Raises NotFound; Unloadable for what is no text file or over the limit."""
        state = self.find_state(file)
        if state is None:
            raise ConfigFileNotFound(path=file.path)
        return state

    def find_state(self, file: ConfigFile) -> FileState | None:
        """What the file holds now; None where it is not there. Raises Unloadable."""
        if not os.path.lexists(file.real):
            return None
        content = read_regular_file(file.real, file.shown, self.limit)
        modified = datetime.fromtimestamp(file.real.stat().st_mtime, UTC)
        text = content.decode("utf-8-sig")
        return FileState(file, text, digest_of(text), len(content), modified)

    def write(self, texts: Mapping[ConfigFile, str | None]) -> None:
        """Replace files whole, remove those whose text is None: all of them or, after a failure, none.

        Everything is on disk under other names before the first file is replaced, so a process that is killed leaves
        each file as it was or as it was to be. Raises Unavailable `storage_full`, `config_not_writable`.
        """
        before = {file: self._bytes(file) for file in texts}
        staged: dict[ConfigFile, Path | None] = {}
        touched: list[ConfigFile] = []
        try:
            for file, text in texts.items():
                staged[file] = None if text is None else _stage(file.real, text.encode())
            for file, temporary in staged.items():
                touched.append(file)
                _put(file.real, temporary)
        except BaseException as error:
            for done in reversed(touched):
                with suppress(OSError):  # the others are put back all the same, and the first failure is told
                    _put_back(done.real, before[done])
            if isinstance(error, OSError):
                raise _unavailable(file, error) from error
            raise
        finally:
            for temporary in staged.values():
                if temporary is not None:
                    temporary.unlink(missing_ok=True)

    def check_size(self, text: str) -> None:
        """Raises Unloadable `definition_too_large`."""
        if len(text.encode()) > self.limit:
            raise DefinitionTooLarge(limit=self.limit)

    def signature(self) -> tuple[tuple[int, int, int] | None, ...]:
        """Changes when models.yaml, tools.yaml or prices.yaml is replaced or edited."""
        return tuple(_signature(self._folder / name) for name in ("models.yaml", "prices.yaml", "tools.yaml"))

    def _bytes(self, file: ConfigFile) -> bytes | None:
        return file.real.read_bytes() if os.path.lexists(file.real) else None

    def _file(self, path: str, kind: ConfigKind, root: Path, name: str) -> ConfigFile:
        real = Path(os.path.realpath(root / name))
        if not real.is_relative_to(root.resolve()):
            raise PathOutsideRoots()
        outer = root.name if kind == "workflow" and root is not self._roots["workflows"] else None
        shown = str(PurePosixPath(outer, name)) if outer else str(PurePosixPath(self._folder.name, path))
        return ConfigFile(path, kind, shown, real)


def digest_of(text: str) -> str:
    """The SHA-256 as hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _labelled(settings: Settings) -> Iterator[tuple[str, Path]]:
    """The workflow folders by what the API calls them: `workflows`, then their own names, numbered where taken."""
    first, *others = settings.workflow_roots
    yield "workflows", first
    taken = {"workflows", *KIND_OF_NAME}
    for root in others:
        label, number = root.name, 2
        while label in taken:
            label, number = f"{root.name}-{number}", number + 1
        taken.add(label)
        yield label, root


def _yaml_names(root: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix in _SUFFIXES:
                yield (Path(folder) / name).relative_to(root).as_posix()


def _stage(path: Path, content: bytes) -> Path:
    """The content on disk in a file beside `path`, with the rights that `path` has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f"{_TEMPORARY}*"):
        if time.time() - left.stat().st_mtime > _STALE_SECONDS:
            left.unlink(missing_ok=True)
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        mode = _NEW_MODE
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=_TEMPORARY)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _put(path: Path, temporary: Path | None) -> None:
    if temporary is None:
        path.unlink(missing_ok=True)
    else:
        temporary.replace(path)
    _sync_folder(path.parent)


def _put_back(path: Path, content: bytes | None) -> None:
    _put(path, None if content is None else _stage(path, content))


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unavailable(file: ConfigFile, error: OSError) -> Unavailable:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StorageFull()
    return ConfigNotWritable(path=file.path, message=error.strerror or "unknown")


def _signature(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
