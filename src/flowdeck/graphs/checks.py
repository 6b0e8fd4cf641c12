"""Whether a workflow of the right shape makes sense: names, ways, expressions, templates and schemas."""

from collections.abc import Iterator, Mapping

from flowdeck.errors.base import Problem
from flowdeck.graphs.fields import FIELD_NAME, REDUCERS, RESERVED_FIELDS
from flowdeck.graphs.nodes.checking import NodeChecks
from flowdeck.graphs.paths import path_problems
from flowdeck.graphs.shape import NO_GAPS, Gaps
from flowdeck.graphs.spec import NODE_NAME, RESERVED_NODES, WorkflowSpec, routes
from flowdeck.graphs.state import field_problems
from flowdeck.yaml_source.located import Located, Path


def check(
    spec: WorkflowSpec, located: Located, subworkflows: Mapping[str, WorkflowSpec], gaps: Gaps = NO_GAPS
) -> list[Problem]:
    """Every mistake in a workflow, in the order they stand in the text; none that follows from what is in `gaps`."""
    if spec.graph is not None:
        return _graph_problems(located)
    checking = _Checking(spec, located, subworkflows, gaps)
    problems = [*checking.problems(), *path_problems(spec, located, gaps)]
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))


def _graph_problems(located: Located) -> list[Problem]:
    beside = ("state", "entry", "nodes", "edges")
    return [
        located.problem((key,), "a Python graph defines this itself; remove this key", at_key=True)
        for key in beside
        if located.at((key,)) is not None
    ]


class _Checking:
    """The checks of one workflow that look at one place at a time."""

    def __init__(
        self, spec: WorkflowSpec, located: Located, subworkflows: Mapping[str, WorkflowSpec], gaps: Gaps
    ) -> None:
        self._spec = spec
        self._located = located
        self._subworkflows = subworkflows
        self._gaps = gaps

    def problems(self) -> Iterator[Problem]:
        for name in self._spec.state:
            yield from self._field(name)
        for name, node in self._spec.nodes.items():
            path = ("nodes", name)
            if not NODE_NAME.fullmatch(name) or name in RESERVED_NODES:
                message = (
                    "a node name must begin with a letter or _ and can have up to 64 letters, digits, _ and -; "
                    "START and END are reserved"
                )
                yield self._located.problem(path, message, at_key=True)
            if name in self._spec.state:
                yield self._located.problem(path, "a state field has the same name; rename one of them", at_key=True)
            yield from node.check(self._at(path))
        for ways in routes(self._spec).values():
            for way in ways:
                if way.when is not None:
                    yield from self._at(way.path).expression(way.when, "when")

    def _field(self, name: str) -> Iterator[Problem]:
        field = self._spec.state[name]
        path = ("state", name)
        if not FIELD_NAME.fullmatch(name) or name in RESERVED_FIELDS:
            reserved = ", ".join(sorted(RESERVED_FIELDS))
            message = f"a field name must begin with a letter and must not be one of: {reserved}"
            yield self._located.problem(path, message, at_key=True)
        if field.reducer is not None and field.reducer not in REDUCERS[field.type]:
            known = ", ".join(sorted(REDUCERS[field.type]))
            message = f"the reducer {field.reducer} does not support the type {field.type}; expected one of: {known}"
            yield self._located.problem((*path, "reducer"), message)
        at = self._at(path)
        schemas = [*at.schema(field.items, "items"), *at.schema(field.value_schema, "schema")]
        yield from schemas
        if field.has_default and field.default is not None and not schemas:
            if field.type == "messages":
                yield self._located.problem((*path, "default"), "a field of type messages cannot have a default")
                return
            for fault in field_problems(field, field.default, ""):
                yield self._located.problem((*path, "default"), fault.message)

    def _at(self, path: Path) -> NodeChecks:
        return NodeChecks(self._spec, self._located, self._subworkflows, self._gaps, path=path)
