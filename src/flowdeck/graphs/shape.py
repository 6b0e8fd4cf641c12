"""A document read into a specification as far as its shape is right, and what is unknown where it is not."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import JsonValue, ValidationError

from flowdeck.graphs.nodes.base import NodeBasics
from flowdeck.graphs.nodes.registry import NODE_TYPES
from flowdeck.graphs.spec import WorkflowSpec
from flowdeck.graphs.validation import shape_faults
from flowdeck.yaml_source.located import Fault, Located, Path, pruned, value_at

# What other parts of a workflow refer to: unknown where a key that is none of the known ones may stand for it.
_REFERRED = ("state", "entry", "nodes", "edges", "graph")
_GRAPH_PARTS = ("state", "entry", "nodes", "edges")
_NO_NAME = "this workflow"


@dataclass(frozen=True)
class Gaps:
    """The paths whose values are unknown, since a mistake in them has been told already.

    What follows from such a value is not told a second time.
    """

    paths: frozenset[Path] = frozenset()
    unknown_ways: bool = False

    def cover(self, path: Path) -> bool:
        """Whether the value at `path`, or one around it, is unknown."""
        return any(path[:length] in self.paths for length in range(len(path) + 1))

    def touch(self, path: Path) -> bool:
        """Whether the value at `path`, or any part of it, is unknown."""
        return self.cover(path) or any(gap[: len(path)] == path for gap in self.paths)


NO_GAPS = Gaps()


@dataclass(frozen=True)
class Shaped:
    """A specification of what is right, the document without what is not, and the mistakes.

    A node that cannot be read is a bare NodeBasics under its name, a field of the state of type `any`.
    """

    spec: WorkflowSpec = field(repr=False)
    located: Located = field(repr=False)
    gaps: Gaps
    faults: Sequence[Fault]


def read_shape(located: Located, earlier: Sequence[Fault]) -> Shaped:
    """The document as a specification; `earlier` are the mistakes that were found in it before."""
    located = _texts_as_written(located)
    found = {path for fault in earlier if fault.path is not None for path in located.now_at(fault.path)}
    gaps = Gaps(frozenset(found - {()}))
    faults: list[Fault] = []
    try:
        spec = WorkflowSpec.model_validate(located.value)
    except ValidationError as error:
        faults = [
            fault
            for fault in shape_faults(WorkflowSpec, located, error)
            if fault.path is not None and not gaps.cover(fault.path) and not gaps.cover((*fault.path, "type"))
        ]
    else:
        if not found:
            return Shaped(spec, located, gaps, faults)
    wrong = {*gaps.paths, *(fault.path for fault in faults if fault.path is not None)}
    wrong |= _perhaps_misnamed(located.value, wrong | found)
    spec, gone = _what_is_right(located.value, wrong)
    names = located.at(("nodes",))
    unread = {name: NodeBasics() for name in (names if isinstance(names, dict) else {}) if name not in spec.nodes}
    if unread:
        ordered = {name: spec.nodes.get(name) or unread[name] for name in names} if isinstance(names, dict) else {}
        spec = spec.model_copy(update={"nodes": ordered})
    gaps = Gaps(frozenset(gone), unknown_ways=_has_unknown_ways(spec, located, Gaps(frozenset(gone))))
    return Shaped(spec, located.without(gone), gaps, faults)


def _texts_as_written(located: Located) -> Located:
    """`version: 1.0` and `name: 2024` are texts although YAML reads numbers: taken as written."""
    value = located.value
    if not isinstance(value, dict):
        return located
    texts = {
        key: located.written[(key,)]
        for key in ("name", "version")
        if isinstance(value.get(key), (int, float)) and (key,) in located.written
    }
    return replace(located, value={**value, **texts})


def _perhaps_misnamed(value: JsonValue, wrong: set[Path]) -> set[Path]:
    """The parts that may be there under another name: all that are missing beside a key that is wrong."""
    keys = value if isinstance(value, dict) else {}
    missing = {(key,) for key in _REFERRED if key not in keys}
    unknown = [path for path in wrong if not path or (len(path) == 1 and str(path[0]) not in WorkflowSpec.model_fields)]
    found: set[Path] = set()
    for path in unknown:
        close = difflib.get_close_matches(str(path[0]), list(WorkflowSpec.model_fields), n=1) if path else []
        found |= {(close[0],)} & missing if close else missing
    if ("graph",) in wrong | found:
        found |= {(key,) for key in _GRAPH_PARTS} & missing
    return found


def _what_is_right(value: JsonValue, wrong: set[Path]) -> tuple[WorkflowSpec, set[Path]]:
    """A specification without the paths at fault, and the paths that had to be left out.

    Where a part cannot be without what is left out, all of it is left out.
    """
    gone, before = set(wrong), -1
    while True:
        if len(gone) == before:  # no part of it can be read
            gone |= {(key,) for key in value} if isinstance(value, dict) else set()
        before = len(gone)
        left, moved = pruned(value, gone)
        try:
            return WorkflowSpec.model_validate(_with_stand_ins(left, value, Gaps(frozenset(gone)))), gone
        except ValidationError as error:
            located = Located.of(left)
            for fault in shape_faults(WorkflowSpec, located, error):
                path = fault.path or ()
                if value_at(left, path) is None:
                    path = path[:-1]
                gone.add(_before(path, moved))


def _before(path: Path, moved: Mapping[Path, Path]) -> Path:
    for length in range(len(path), 0, -1):
        if path[:length] in moved:
            return (*moved[path[:length]], *path[length:])
    return path


def _with_stand_ins(left: JsonValue, value: JsonValue, gaps: Gaps) -> JsonValue:
    """What is left, with a name, and with the fields of the state that are not right as fields of any type."""
    result: dict[str, Any] = dict(left) if isinstance(left, dict) else {}
    if gaps.touch(("name",)) or "name" not in result:
        result["name"] = _NO_NAME
    fields = value_at(value, ("state",))
    if isinstance(result.get("state"), dict) and isinstance(fields, dict):
        result["state"] = {
            name: {"type": "any"} if gaps.touch(("state", name)) else result["state"].get(name, {"type": "any"})
            for name in fields
        }
    return result


def _has_unknown_ways(spec: WorkflowSpec, located: Located, gaps: Gaps) -> bool:
    """Whether it is unknown how nodes are joined, on account of a mistake there."""
    if any(gaps.touch((key,)) for key in ("entry", "edges", "graph")) or gaps.cover(("nodes",)):
        return True
    return any(
        _leads_somewhere(node, located.at(("nodes", name)))
        for name, node in spec.nodes.items()
        if gaps.touch(("nodes", name))
    )


def _leads_somewhere(node: NodeBasics, written: JsonValue) -> bool:
    """Whether a node with a mistake may have routes of its own, as a condition has."""
    if type(node) is not NodeBasics:
        return node.chooses_way
    kind = NODE_TYPES.get(str(written.get("type"))) if isinstance(written, dict) else None
    return kind is None or kind.spec.chooses_way or _has_keys_of_another(kind.spec, written)


def _has_keys_of_another(spec: type[NodeBasics], written: JsonValue) -> bool:
    """Whether a node has a key by which the nodes of another type choose their way: its type may be the mistake."""
    own = {field.alias or name for name, field in spec.model_fields.items()}
    others = {"cases", "default"} - own
    return isinstance(written, dict) and not others.isdisjoint(written)
