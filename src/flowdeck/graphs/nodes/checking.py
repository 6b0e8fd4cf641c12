"""What the checks of node types have in common: expressions, templates, schemas, and fields of the state."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import JsonValue

from flowdeck.errors.base import Problem
from flowdeck.graphs.conditions import Condition, ExpressionError
from flowdeck.graphs.fields import FIELD_NAME, RESERVED_FIELDS, FieldSpec
from flowdeck.graphs.schemas import schema_fault
from flowdeck.graphs.templates import Template, TemplateFault
from flowdeck.yaml_source.located import Located, Path

if TYPE_CHECKING:
    from flowdeck.graphs.nodes.base import NodeBasics
    from flowdeck.graphs.shape import Gaps
    from flowdeck.graphs.spec import WorkflowSpec

# What templates and conditions see beside the state.
VARIABLES = frozenset({"agent", "config", "last", "now", "run", "turns"})


class NodeChecks:
    """The checks at one place of a workflow, such as a node. `keys` lead from that place to what is checked.

    None of them reports what follows from a mistake that has been reported, which `gaps` knows.
    """

    def __init__(
        self,
        spec: "WorkflowSpec",
        located: Located,
        subworkflows: "Mapping[str, WorkflowSpec]",
        gaps: "Gaps",
        *,
        path: Path,
        extra: frozenset[str] = frozenset(),
    ) -> None:
        self._spec = spec
        self._located = located
        self._subworkflows = subworkflows
        self._gaps = gaps
        self._path = path
        self._extra = extra  # the variables of the parallel node that the node is in

    @property
    def state(self) -> Mapping[str, FieldSpec]:
        """The fields of the workflow's state."""
        return self._spec.state

    @property
    def inline(self) -> bool:
        """Whether the node is inside a parallel node."""
        return self._path[-1] == "node"

    @property
    def whole(self) -> bool:
        """Whether every key of the node is known, so that one can be judged by another."""
        return not self._gaps.touch(self._path[:2])

    def problem(self, message: str, *keys: str | int, at_key: bool = False) -> Problem:
        """A mistake at a place below this one."""
        return self._located.problem((*self._path, *keys), message, at_key=at_key)

    def child(self, workflow: str) -> "WorkflowSpec | None":
        """The subworkflow of this file; None where it could not be read, or has a graph in Python."""
        child = self._subworkflows.get(workflow)
        return None if child is None or child.graph is not None else child

    def expression(self, text: str, *keys: str | int) -> Iterator[Problem]:
        """The mistakes in a CEL expression."""
        try:
            condition = Condition.compile(text)
        except ExpressionError as error:
            yield self.problem(str(error), *keys)
            return
        yield from self._unknown_variables(condition.variables, keys)

    def templates(self, value: JsonValue, *keys: str | int) -> Iterator[Problem]:
        """The mistakes in a template, or in all templates of a JSON value."""
        if isinstance(value, str):
            yield from self._template(value, keys)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.templates(item, *keys, index)
        elif isinstance(value, dict):
            for key, item in value.items():
                yield from self.templates(item, *keys, key)

    def _template(self, text: str, keys: Path) -> Iterator[Problem]:
        try:
            variables = Template.compile(text).variables
        except TemplateFault as error:
            for reason in error.reasons:
                yield self.problem(reason, *keys)
            variables = error.variables
        yield from self._unknown_variables(variables, keys)

    def _unknown_variables(self, names: frozenset[str], keys: Path) -> Iterator[Problem]:
        if self._gaps.cover(("state",)) or (self._path[2:3] == ("node",) and not self._knows_item()):
            return
        known = VARIABLES | self._extra | self.state.keys()
        for name in sorted(names - known):
            yield self.problem(f"unknown variable {name}; available: {', '.join(sorted(known))}", *keys)

    def _knows_item(self) -> bool:
        """Whether a parallel node itself is known, and so the name that its items have in the node inside it."""
        return not any(gap[:2] == self._path[:2] and gap[2:3] != ("node",) for gap in self._gaps.paths)

    def schema(self, schema: Mapping[str, JsonValue] | None, *keys: str | int) -> Iterator[Problem]:
        """The mistake in a JSON schema."""
        if schema is not None and (fault := schema_fault(schema)) is not None:
            inside, message = fault
            yield self.problem(message, *keys, *inside)

    def messages_field(self, name: str) -> Iterator[Problem]:
        """The mistakes in the name of the field where the node reads or writes messages."""
        if self._gaps.touch(("state", name)) or not self.whole:
            return
        field = self.state.get(name)
        keys = ("messages",) if self._located.at((*self._path, "messages")) is not None else ()
        if field is None:
            yield self.problem(f"the state has no field {name}, which this node reads or writes", *keys)
        elif field.type != "messages":
            yield self.problem(f"the state field {name} has the type {field.type}; expected messages", *keys)

    def output(self, name: str | dict[str, str] | None) -> Iterator[Problem]:
        """The mistakes in `output`: a field of the state, and nothing inside a parallel node."""
        if self.inline:
            if name is not None:
                yield self.problem("the parallel node collects the results; remove this key", "output")
        elif isinstance(name, str):
            yield from self.target(name, "output")

    def target(self, name: str, *keys: str | int, at_key: bool = False) -> Iterator[Problem]:
        """A field that the node writes and the state lacks."""
        if name not in self.state and not self._gaps.cover(("state",)):
            yield self.unknown_field(self._spec, name, *keys, at_key=at_key)

    def unknown_field(self, spec: "WorkflowSpec", name: str, *keys: str | int, at_key: bool) -> Problem:
        """A field that the state of a workflow lacks."""
        message = f"the state of {spec.name} has no field {name}; it has: {', '.join(spec.state)}"
        return self.problem(message, *keys, at_key=at_key)

    def inner(self, node: "NodeBasics", key: str, item: str, name_key: str) -> Iterator[Problem]:
        """The mistakes in a node inside this one, which sees each item under the name `item`, and `index`."""
        gaps = self._gaps
        if not FIELD_NAME.fullmatch(item) or item in RESERVED_FIELDS or item in self.state or item == "index":
            yield self.problem("expected a name that is not a state field, `index` or a reserved word", name_key)
            gaps = replace(gaps, paths=gaps.paths | {(*self._path, name_key)})
        path, extra = (*self._path, key), frozenset({item, "index"})
        yield from node.check(NodeChecks(self._spec, self._located, self._subworkflows, gaps, path=path, extra=extra))
