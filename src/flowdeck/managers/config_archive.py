"""Configuration files as one zip archive. What an archive from outside may hold is decided here. Blocking."""

import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO, RawIOBase
from typing import BinaryIO, cast

from flowdeck.errors.base import FlowdeckError, Malformed, Problem
from flowdeck.errors.configuration import ArchiveInvalid
from flowdeck.managers.config_files import ConfigFile, ConfigFiles

MAX_ENTRIES = 1000
MAX_TOTAL = 33_554_432  # bytes of all texts, unpacked
_ENCRYPTED = 0x1
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can tell: no two exports of the same texts differ
_UNIX = 3


def pack(texts: Mapping[str, str]) -> Iterator[bytes]:
    """The archive, piece by piece; the same texts always give the same bytes."""
    sink = _Sink()
    with zipfile.ZipFile(cast("BinaryIO", sink), "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in sorted(texts.items()):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
            yield sink.take()
    yield sink.take()


def unpack(content: bytes, files: ConfigFiles, *, limit: int) -> dict[ConfigFile, str]:
    """The texts of an archive by the file they are for, each of at most `limit` bytes.

    Raises Malformed `archive_invalid` if the content is not a zip archive; if an entry is encrypted, a link, not text,
    not a configuration file, the settings, a duplicate or too large; and for more than 1,000 entries or 32 MiB.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return _texts(archive, files, limit)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise _refusal("", "is not a readable zip archive") from error


def _texts(archive: zipfile.ZipFile, files: ConfigFiles, limit: int) -> dict[ConfigFile, str]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(archive.infolist()) > MAX_ENTRIES:
        raise _refusal("", f"has more than {MAX_ENTRIES} entries")
    if not entries:
        raise _refusal("", "has no files")
    texts: dict[ConfigFile, str] = {}
    total = 0
    for entry in entries:
        file = _file(entry, files)
        if any(file.path.casefold() == other.path.casefold() or file.real == other.real for other in texts):
            raise _refusal(entry.filename, "occurs twice")
        content = _content(archive, entry, limit)
        total += len(content)
        if total > MAX_TOTAL:
            raise _refusal("", f"contains more than {MAX_TOTAL} bytes")
        try:
            texts[file] = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise _refusal(entry.filename, "is not UTF-8 text") from error
    return texts


def _file(entry: zipfile.ZipInfo, files: ConfigFiles) -> ConfigFile:
    if entry.flag_bits & _ENCRYPTED:
        raise _refusal(entry.filename, "is encrypted")
    if entry.compress_type not in _METHODS:
        raise _refusal(entry.filename, "uses a compression method that is not supported")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        raise _refusal(entry.filename, "is not a regular file")
    # The name in the archive: zipfile cuts it at a NUL and replaces the system's separators by slashes.
    if entry.orig_filename != entry.filename:
        raise _refusal(entry.filename, "has a name with characters that are not allowed")
    try:
        file = files.find(entry.filename)
    except FlowdeckError as error:
        raise _refusal(entry.filename, "is not a configuration file of this server") from error
    if file.kind == "settings":
        raise _refusal(entry.filename, "contains settings, which can only be changed on the machine")
    return file


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    # The size in the archive may be wrong, so at most the limit is unpacked.
    with archive.open(entry) as packed:
        content = packed.read(limit + 1)
    if len(content) > limit:
        raise _refusal(entry.filename, f"is larger than {limit} bytes")
    return content


def _refusal(name: str, message: str) -> Malformed:
    problem = Problem(message, file="".join(c if c.isprintable() else "�" for c in name[:200]) or None)
    return ArchiveInvalid(first=problem, problems=(problem,))


class _Sink(RawIOBase):
    """Takes what zipfile writes, and gives it away before it is all there."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        piece = bytes(cast("bytes", content))
        self._pieces.append(piece)
        return len(piece)

    def take(self) -> bytes:
        """What came since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
