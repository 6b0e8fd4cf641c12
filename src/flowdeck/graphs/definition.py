"""A workflow's YAML text, and the files it reaches, read into a checked specification."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from flowdeck.errors.base import Unloadable
from flowdeck.graphs.checks import check
from flowdeck.graphs.legacy import is_legacy, modern
from flowdeck.graphs.outline import START, Outline, OutlineEdge, outline_of
from flowdeck.graphs.shape import Gaps, read_shape
from flowdeck.graphs.spec import WorkflowSpec, inner_nodes, routes
from flowdeck.graphs.validation import validate_located
from flowdeck.yaml_source.located import Environment, Fault, Located, Path, Source, faults_of, unloadable
from flowdeck.yaml_source.reading import read_yaml, read_yaml_in_part

__all__ = ["Definition", "Environment", "Located", "Source", "parse_definition", "read_yaml", "validate_located"]

Resolve = Callable[[str], Source]
Requirements = Callable[[WorkflowSpec, Located, Gaps], Iterable[Fault]]
"""What a specification needs of a server and the server lacks; `requirements.py` has it."""

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


def parse_definition(
    source: Source, *, environment: Environment | None, resolve: Resolve, requirements: Requirements | None = None
) -> Definition:
    """Reads a workflow and every file it reaches.

    `environment` is what `${VAR}` may read, already narrowed by the caller; None: nothing. `resolve` finds the text
    of a subworkflow by its path as written, or raises Unloadable. `requirements` are checked in the same pass.
    Raises Unloadable with the place of every mistake: by the code that all of them share, such as
    `environment_variable_missing` or `tool_not_configured`, else `definition_invalid`.
    """
    return _Parsing(environment or {}, resolve, requirements).parse(source, ())


class _Parsing:
    """One pass over a workflow and what it reaches; each file is read once."""

    def __init__(self, environment: Environment, resolve: Resolve, requirements: Requirements | None) -> None:
        self._environment = environment
        self._resolve = resolve
        self._requirements = requirements
        self._read: dict[str, Definition] = {}

    def parse(self, source: Source, above: tuple[str, ...]) -> Definition:
        written, faults = read_yaml_in_part(source)
        located, missing = written.expanded_in_part(self._environment)
        if is_legacy(written):
            written, located = modern(written), modern(located)
        shaped = read_shape(located, [*faults, *missing])
        spec, located = shaped.spec, shaped.located
        faults = [*faults, *missing, *shaped.faults]
        children, below = self._children(spec, located, (*above, source.path))
        children_specs = {name: child.spec for name, child in children.items()}
        faults.extend(Fault(problem) for problem in check(spec, located, children_specs, shaped.gaps))
        if self._requirements is not None:
            faults.extend(self._requirements(spec, located, shaped.gaps))
        faults = [*sorted(faults, key=_place), *below]
        if faults:
            raise unloadable(source, faults)
        return Definition(
            source=source,
            subworkflows=_reached(children),
            spec=spec,
            digest=_digest(source, _reached(children)),
            located=located,
            written=written,
            children=children,
        )

    def _children(
        self, spec: WorkflowSpec, located: Located, above: tuple[str, ...]
    ) -> tuple[dict[str, Definition], list[Fault]]:
        """The files that subworkflow nodes name, and the mistakes in them."""
        children: dict[str, Definition] = {}
        faults: list[Fault] = []
        used = [(file, (*path, *keys)) for path, node in inner_nodes(spec) for file, keys in node.workflows_used()]
        for file, at in used:
            try:
                children[file] = self._child(file, above, located, at)
            except Unloadable as error:
                faults.extend(faults_of(error, located.problem(at, error.detail())))
        return children, faults

    def _child(self, path: str, above: tuple[str, ...], located: Located, at: Path) -> Definition:
        if path in self._read:
            return self._read[path]
        source = self._resolve(path)
        if source.path in above:
            message = f"circular reference: {' → '.join((*above, source.path))}"
            raise unloadable(located.source, [Fault(located.problem(at, message))])
        if len(above) >= MAX_SUBWORKFLOW_DEPTH:
            message = f"subworkflows are nested more than {MAX_SUBWORKFLOW_DEPTH} levels deep"
            raise unloadable(located.source, [Fault(located.problem(at, message))])
        child = self.parse(source, above)
        self._read[path] = child
        return child


def _place(fault: Fault) -> tuple[int, int]:
    return fault.problem.line or 0, fault.problem.column or 0


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
