"""file_search: a read-only search in a folder."""

import asyncio
import fnmatch
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import JsonValue
from typing_extensions import override

from flowdeck.graphs.tool_types.base import Tool, ToolExample, ToolSetting, ToolSpec, arguments

MAX_FILES = 2000
MAX_FILE_BYTES = 1_048_576
MAX_HITS = 20
MAX_LINE = 200
_DESCRIPTION = "Finds lines that contain a text in the files of a folder."
_ARGUMENTS = arguments(
    ["query"],
    query={"type": "string", "minLength": 1, "maxLength": 200, "description": "the text to look for"},
    glob={"type": "string", "maxLength": 100, "description": "only files of this name, such as *.md"},
)
_EXAMPLES = (
    ToolExample(user="Find the word install in the files.", args={"query": "install"}),
    ToolExample(user="Which file mentions port?", args={"query": "port"}),
    ToolExample(user="Search the documents for license.", args={"query": "license"}),
)


class FileSearchTool(ToolSpec):
    """The keys of a tool of type file_search."""

    type: Literal["file_search"]
    root: str

    @override
    def tool(self, name: str, setting: ToolSetting) -> Tool:
        return Tool(
            name,
            self.type,
            self.description or _DESCRIPTION,
            _ARGUMENTS,
            FileSearch(setting.folder / self.root).invoke,
            self.examples or _EXAMPLES,
        )


TOOL_TYPE = FileSearchTool


class FileSearch:
    """A case-insensitive search for a text in the files under a folder, which nothing outside can be reached by."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def invoke(self, args: Mapping[str, Any], _key: str) -> JsonValue:
        """`{hits: [{file, line, text}], more}`; at most 20 hits, in the order of paths and lines."""
        return await asyncio.to_thread(self._search, str(args["query"]).casefold(), str(args.get("glob") or "*"))

    def _search(self, query: str, glob: str) -> JsonValue:
        hits: list[JsonValue] = []
        for path in self._files(glob):
            for number, line in enumerate(_lines(path), start=1):
                at = line.casefold().find(query)
                if at < 0:
                    continue
                if len(hits) == MAX_HITS:
                    return {"hits": hits, "more": True}
                start = max(0, at - MAX_LINE // 2)
                file = path.relative_to(self._root).as_posix()
                hits.append({"file": file, "line": number, "text": line[start : start + MAX_LINE].strip()})
        return {"hits": hits, "more": False}

    def _files(self, glob: str) -> Iterator[Path]:
        seen = 0
        # Links are not followed and not read: they could lead out of the folder.
        for folder, subfolders, names in os.walk(self._root, followlinks=False):
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            for name in sorted(names):
                path = Path(folder, name)
                if name.startswith(".") or not fnmatch.fnmatch(name, glob) or path.is_symlink() or not path.is_file():
                    continue
                seen += 1
                if seen > MAX_FILES:
                    return
                if path.stat().st_size <= MAX_FILE_BYTES:
                    yield path


def _lines(path: Path) -> list[str]:
    data = path.read_bytes()
    return [] if b"\x00" in data else data.decode(errors="replace").splitlines()
