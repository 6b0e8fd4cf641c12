"""A workflow's YAML text, and the files it reaches, read into a checked specification."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from pydantic import ValidationError

from flowdeck.exceptions import Problem, Unloadable
from flowdeck.graphs.checks import check
from flowdeck.graphs.legacy import is_legacy, modern
from flowdeck.graphs.located import Environment, Located, Path, Source, invalid, read_yaml
from flowdeck.graphs.node_specs import SubworkflowNode
from flowdeck.graphs.outline import START, Outline, OutlineEdge, outline_of
from flowdeck.graphs.spec import WorkflowSpec, inner_nodes, routes
from flowdeck.graphs.validation import shape_problems, validate_located

__all__ = ["Definition", "Environment", "Located", "Source", "parse_definition", "read_yaml", "validate_located"]

Resolve = Callable[[str], Source]

MAX_SUBWORKFLOW_DEPTH = 8


@dataclass(frozen=True)
class Definition:
    """A workflow that was read, checked, and can be built.

    `spec` holds the values of environment variables: it is never stored and never shown. `subworkflows` are the
    files reached through subworkflow nodes at any depth, by the path as written in the YAML. `digest` is the SHA-256
    of all texts, as hex.
    """

    source: Source
    subworkflows: Mapping[str, Source]
    spec: WorkflowSpec = field(repr=False)
    digest: str
    located: Located = field(repr=False)
    written: Located = field(repr=False)
    children: Mapping[str, "Definition"] = field(repr=False)

    def outline(self) -> Outline:
        """What clients may see: nodes and edges as written, no variable filled in."""
        raw = self.written.at(("nodes",))
        nodes = {
            name: {key: value for key, value in node.items() if value is not None}
            for name, node in (raw if isinstance(raw, dict) else {}).items()
            if isinstance(node, dict)
        }
        edges = [OutlineEdge(START, self.spec.entry)] if self.spec.entry else []
        for name, ways in routes(self.spec).items():
            for way in ways:
                when = self.written.at((*way.path, "when")) if way.when is not None else None
                edges.append(OutlineEdge(name, way.to, None if when is None else str(when)))
        return outline_of(nodes, tuple(edges))


def parse_definition(source: Source, *, environment: Environment | None, resolve: Resolve) -> Definition:
    """Reads a workflow and every file it reaches.

    `environment` is what `${VAR}` may read, already narrowed by the caller; None: nothing. `resolve` finds the text
    of a subworkflow by its path as written, or raises Unloadable. Raises Unloadable `definition_invalid` with as many
    mistakes as one pass can find, or `environment_variable_missing`; both with places.
    """
    return _Parsing(environment or {}, resolve).parse(source, ())


class _Parsing:
    """One pass over a workflow and what it reaches; each file is read once."""

    def __init__(self, environment: Environment, resolve: Resolve) -> None:
        self._environment = environment
        self._resolve = resolve
        self._read: dict[str, Definition] = {}

    def parse(self, source: Source, above: tuple[str, ...]) -> Definition:
        written = read_yaml(source)
        located = written.expanded(self._environment)
        if is_legacy(written):
            written, located = modern(written), modern(located)
        spec = _spec(located)
        above = (*above, source.path)
        children: dict[str, Definition] = {}
        problems: list[Problem] = []
        for path, node in inner_nodes(spec):
            if not isinstance(node, SubworkflowNode):
                continue
            try:
                children[node.workflow] = self._child(node.workflow, above, located, (*path, "workflow"))
            except Unloadable as error:
                problems.extend(error.problems or (located.problem((*path, "workflow"), error.detail()),))
        problems.extend(check(spec, located, {name: child.spec for name, child in children.items()}))
        if problems:
            raise invalid(source, problems)
        return Definition(
            source=source,
            subworkflows=_reached(children),
            spec=spec,
            digest=_digest(source, _reached(children)),
            located=located,
            written=written,
            children=children,
        )

    def _child(self, path: str, above: tuple[str, ...], located: Located, at: Path) -> Definition:
        if path in self._read:
            return self._read[path]
        source = self._resolve(path)
        if source.path in above:
            message = f"leads back to itself: {' → '.join((*above, source.path))}"
            raise invalid(located.source, [located.problem(at, message)])
        if len(above) >= MAX_SUBWORKFLOW_DEPTH:
            message = f"subworkflows stand more than {MAX_SUBWORKFLOW_DEPTH} deep within one another"
            raise invalid(located.source, [located.problem(at, message)])
        child = self.parse(source, above)
        self._read[path] = child
        return child


def _spec(located: Located) -> WorkflowSpec:
    try:
        return WorkflowSpec.model_validate(_texts_as_written(located).value)
    except ValidationError as error:
        raise invalid(located.source, shape_problems(WorkflowSpec, located, error)) from error


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


def _reached(children: Mapping[str, Definition]) -> dict[str, Source]:
    reached: dict[str, Source] = {}
    for path, child in children.items():
        reached[path] = child.source
        reached.update(child.subworkflows)
    return reached


def _digest(source: Source, subworkflows: Mapping[str, Source]) -> str:
    digest = hashlib.sha256(source.text.encode())
    for path, child in sorted(subworkflows.items()):
        # Lengths keep two texts from passing for one that is split elsewhere.
        for text in (path, child.text):
            digest.update(f"\n{len(text)}\n{text}".encode())
    return digest.hexdigest()
