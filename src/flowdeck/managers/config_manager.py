"""The configuration files: where they are, and reading them without leaving their folders."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import MappingProxyType
from urllib.parse import unquote

from flowdeck.errors.base import Unloadable
from flowdeck.errors.workflows import DefinitionTooLarge, PathNotAFile, PathNotFound, PathOutsideRoots
from flowdeck.graphs.definition import Definition, Requirements, parse_definition
from flowdeck.settings import Settings
from flowdeck.yaml_source.located import Source


class ConfigManager:
    """Files under the config folder and the other workflow folders. Blocking: call it in a thread."""

    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        texts: Mapping[Path, str | None] = MappingProxyType({}),
    ) -> None:
        self._settings = settings
        self._environment = environment
        self._texts = texts

    def with_texts(self, texts: Mapping[Path, str | None]) -> "ConfigManager":
        """The same files, of which those at these real paths hold other texts, or with None are not there."""
        return ConfigManager(self._settings, self._environment, texts)

    def read_definition(self, path: str, requirements: Requirements | None = None) -> Definition:
        """A workflow from a file in the workflow folders. Raises Unloadable with every mistake that is in it.

        What it needs of the server is checked in the same pass where `requirements` are given, here and below.
        """
        return self.parse_file(self.read_workflow(path), requirements)

    def still_reads(self, path: str, definition: Definition) -> bool:
        """Whether a workflow file and the files that it reaches have the texts that `definition` was read from."""
        try:
            source = self.read_workflow(path)
            resolve = self._beside(source.path)
            return source == definition.source and all(
                resolve(name) == known for name, known in definition.subworkflows.items()
            )
        except Unloadable:
            return False

    def parse_file(self, source: Source, requirements: Requirements | None = None) -> Definition:
        """A workflow from a file's text. Raises Unloadable."""
        resolve = self._beside(source.path)
        return parse_definition(source, environment=self._environment, resolve=resolve, requirements=requirements)

    def parse_inline(self, text: str, name: str, requirements: Requirements | None = None) -> Definition:
        """A workflow sent as text: it reads only the variables that `workflows.inline_environment` names."""
        allowed = {
            variable: self._environment[variable]
            for variable in self._settings.workflows.inline_environment
            if variable in self._environment
        }
        if len(text.encode(errors="surrogatepass")) > self._settings.workflows.max_bytes:
            raise DefinitionTooLarge(limit=self._settings.workflows.max_bytes)
        source = Source(path=name, text=text)
        return parse_definition(source, environment=allowed, resolve=self._beside(""), requirements=requirements)

    def parse_stored(self, source: Source, subworkflows: Mapping[str, Source], *, inline: bool) -> Definition:
        """A stored version again: from the texts that were kept, not from what the files say now."""

        def resolve(path: str) -> Source:
            return subworkflows[path]

        names = self._settings.workflows.inline_environment if inline else tuple(self._environment)
        allowed = {name: self._environment[name] for name in names if name in self._environment}
        return parse_definition(source, environment=allowed, resolve=resolve)

    def _beside(self, parent: str) -> "_Resolver":
        return _Resolver(self, parent)

    def read_workflow(self, path: str) -> Source:
        """The text of a workflow file.

        `path` is relative to a workflow folder, or names it from outside (`configs/workflows/react.yaml`).
        Raises Unloadable: `path_outside_roots`, `path_not_found`, `path_not_a_file`, `definition_too_large`.
        """
        require_plain(path)
        for root in self._settings.workflow_roots:
            for candidate in _candidates(root, path):
                if self._is_there(candidate):
                    return self._read(root, candidate)
        raise PathNotFound(path=_shown(path))

    def _is_there(self, candidate: Path) -> bool:
        real = Path(os.path.realpath(candidate)) if self._texts else candidate
        return self._texts[real] is not None if real in self._texts else os.path.lexists(candidate)

    def _read(self, root: Path, candidate: Path) -> Source:
        real_root = root.resolve()
        real = Path(os.path.realpath(candidate))  # unlike resolve(), it takes a loop of links for a path
        if not real.is_relative_to(real_root):
            raise PathOutsideRoots()
        shown = str(PurePosixPath(self._settings.config_dir.name, "workflows", real.relative_to(real_root)))
        if root != self._settings.workflow_roots[0]:
            shown = str(PurePosixPath(root.name, real.relative_to(real_root)))
        text = self._texts.get(real)
        if text is None:
            text = read_regular_file(real, shown, self._settings.workflows.max_bytes).decode("utf-8-sig")
        elif len(text.encode()) > self._settings.workflows.max_bytes:
            raise DefinitionTooLarge(limit=self._settings.workflows.max_bytes)
        return Source(path=shown, text=text)


class _Resolver:
    """Finds a subworkflow: beside the file that names it, or in the workflow folders."""

    def __init__(self, config: ConfigManager, parent: str) -> None:
        self._config = config
        self._parent = PurePosixPath(parent).parent

    def __call__(self, path: str) -> Source:
        if str(self._parent) == ".":
            return self._config.read_workflow(path)
        try:
            return self._config.read_workflow(str(self._parent / path))
        except Unloadable as error:
            if error.code != "path_not_found":
                raise
        return self._config.read_workflow(path)


def read_text_file(path: Path, *, limit: int) -> str | None:
    """A configuration file's text; None where there is no such file. Raises Unloadable for what is no text file."""
    if not path.exists():
        return None
    return read_regular_file(path, str(path), limit).decode("utf-8-sig")


def require_plain(path: str) -> None:
    """A relative path of plain parts: no `..`, drive, URL, escape or control character. Raises Unloadable."""
    decoded = unquote(path)
    parts = PurePosixPath(decoded.replace("\\", "/")).parts
    windows = PureWindowsPath(decoded)
    odd = (
        not path.strip()
        or len(path) > 1024  # noqa: PLR2004 - longer than any real path below a config folder
        or any(ord(character) < 32 or ord(character) == 127 for character in decoded)  # noqa: PLR2004
        or not decoded.isprintable()
        or ".." in parts
        or "://" in decoded
        or PurePosixPath(decoded).is_absolute()
        or decoded.startswith(("\\", "~"))
        or bool(windows.drive)
    )
    if odd:
        raise PathOutsideRoots()


def _candidates(root: Path, path: str) -> list[Path]:
    """Where a path may point within one root: below it, or from its parents on (`configs/workflows/x.yaml`)."""
    found = [root / path]
    absolute = root.absolute()
    for outer in (absolute.parent, absolute.parent.parent):
        candidate = outer / path
        if candidate.is_relative_to(absolute):
            found.append(candidate)
    return found


def read_regular_file(path: Path, shown: str, limit: int) -> bytes:
    """A file's bytes, which are UTF-8. Raises Unloadable for what is no regular file, no text or over `limit` bytes."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise PathNotAFile(path=_shown(shown)) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise PathNotAFile(path=_shown(shown))
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise DefinitionTooLarge(limit=limit)
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise PathNotAFile(path=_shown(shown)) from error
    return content


def _shown(path: str) -> str:
    """A path as it may stand in an answer: short, and nothing in it that a terminal would obey."""
    return "".join(character if character.isprintable() else "�" for character in path[:200])
