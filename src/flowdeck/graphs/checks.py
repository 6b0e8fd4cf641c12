"""Whether a workflow of the right shape makes sense: names, ways, expressions, templates and schemas."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from jsonschema import Draft202012Validator
from pydantic import JsonValue

from flowdeck.errors.base import Problem
from flowdeck.graphs.conditions import Condition, ExpressionError
from flowdeck.graphs.located import Located, Path
from flowdeck.graphs.node_specs import (
    AgentNode,
    HttpNode,
    HumanNode,
    LlmNode,
    NodeBasics,
    ParallelNode,
    PythonNode,
    SubworkflowNode,
    ToolNode,
    TransformNode,
)
from flowdeck.graphs.paths import path_problems
from flowdeck.graphs.schemas import schema_fault
from flowdeck.graphs.shape import NO_GAPS, Gaps
from flowdeck.graphs.spec import (
    FIELD_NAME,
    NODE_NAME,
    REDUCERS,
    RESERVED_FIELDS,
    RESERVED_NODES,
    WorkflowSpec,
    routes,
)
from flowdeck.graphs.state import field_problems
from flowdeck.graphs.templates import Template, TemplateFault

# What templates and conditions see beside the state.
VARIABLES = frozenset({"agent", "config", "last", "now", "run", "turns"})


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
        located.problem((key,), "a Python graph brings its own; leave this out", at_key=True)
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
                    "a node's name begins with a letter or _ and has up to 64 letters, digits, _ and -; "
                    "START and END are taken"
                )
                yield self._located.problem(path, message, at_key=True)
            if name in self._spec.state:
                yield self._located.problem(path, "a state field has this name too; rename one of them", at_key=True)
            yield from self._node(node, path, frozenset())
        for ways in routes(self._spec).values():
            for way in ways:
                if way.when is not None:
                    yield from self._expression(way.when, (*way.path, "when"), frozenset())

    def _field(self, name: str) -> Iterator[Problem]:
        field = self._spec.state[name]
        path = ("state", name)
        if not FIELD_NAME.fullmatch(name) or name in RESERVED_FIELDS:
            message = f"a field's name begins with a letter and is not one of {', '.join(sorted(RESERVED_FIELDS))}"
            yield self._located.problem(path, message, at_key=True)
        if field.reducer is not None and field.reducer not in REDUCERS[field.type]:
            known = ", ".join(sorted(REDUCERS[field.type]))
            message = f"a {field.type} cannot be reduced by {field.reducer}; expected one of: {known}"
            yield self._located.problem((*path, "reducer"), message)
        schemas = [*self._schema(field.items, (*path, "items")), *self._schema(field.value_schema, (*path, "schema"))]
        yield from schemas
        if field.has_default and field.default is not None and not schemas:
            if field.type == "messages":
                yield self._located.problem((*path, "default"), "messages have no default")
                return
            for fault in field_problems(field, field.default, ""):
                yield self._located.problem((*path, "default"), fault.message)

    def _node(self, node: NodeBasics, path: Path, extra: frozenset[str]) -> Iterator[Problem]:
        """The mistakes in one node; `extra` are the variables of the parallel node it stands in, if it does."""
        checks: Mapping[type[NodeBasics], Callable[[Any, Path, frozenset[str]], Iterator[Problem]]] = {
            LlmNode: self._llm,
            AgentNode: self._agent,
            ToolNode: self._tool,
            TransformNode: self._transform,
            HumanNode: self._human,
            HttpNode: self._http,
            PythonNode: self._python,
            SubworkflowNode: self._subworkflow,
            ParallelNode: self._parallel,
        }
        # What a condition node says is checked with the ways that lead on.
        return checks[type(node)](node, path, extra) if type(node) in checks else iter(())

    def _whole(self, path: Path) -> bool:
        """Whether every key of a node is known, so that one can be judged by another."""
        return not self._gaps.touch(path[:2])

    def _agent(self, node: AgentNode, path: Path, extra: frozenset[str]) -> Iterator[Problem]:
        yield from self._messages_field(node.messages, path)
        yield from self._template(node.system, (*path, "system"), extra)
        yield from self._output(node.output, path)

    def _transform(self, node: TransformNode, path: Path, extra: frozenset[str]) -> Iterator[Problem]:
        for field, expression in node.set.items():
            if not _inline(path):
                yield from self._target(field, (*path, "set", field), at_key=True)
            yield from self._expression(expression, (*path, "set", field), extra)

    def _python(self, node: PythonNode, path: Path, extra: frozenset[str]) -> Iterator[Problem]:
        yield from self._templates(node.args, (*path, "args"), extra)
        yield from self._output(node.output, path)

    def _llm(self, node: LlmNode, path: Path, extra: frozenset[str]) -> Iterator[Problem]:
        if node.prompt is None or (not _inline(path) and (node.output is None or node.append)):
            yield from self._messages_field(node.messages, path)
        yield from self._template(node.system, (*path, "system"), extra)
        yield from self._template(node.prompt, (*path, "prompt"), extra)
        yield from self._schema(node.answer_schema, (*path, "schema"))
        if (
            self._whole(path)
            and node.tools
            and (node.answer_schema is not None or node.output is not None or _inline(path))
        ):
            message = "tool calls go to the messages: no schema and no output beside tools, and not inside parallel"
            yield self._located.problem((*path, "tools"), message)
        if _inline(path):
            yield from self._no_output(node.output, path)
            return
        if isinstance(node.output, dict):
            if node.answer_schema is None and self._whole(path):
                yield self._located.problem((*path, "output"), "a mapping needs a `schema` that gives the fields")
            for part, field in node.output.items():
                yield from self._target(field, (*path, "output", part))
            return
        yield from self._output(node.output, path)

    def _tool(self, node: ToolNode, path: Path, extra: frozenset[str]) -> Iterator[Problem]:
        if node.tool is None or node.message:
            yield from self._messages_field(node.messages, path)
        if node.tool is None and node.args and self._whole(path):
            yield self._located.problem((*path, "tool"), "is missing; without it the node has no args")
        yield from self._templates(node.args, (*path, "args"), extra)
        yield from self._output(node.output, path)

    def _human(self, node: HumanNode, path: Path, _extra: frozenset[str]) -> Iterator[Problem]:
        yield from self._template(node.question, (*path, "question"), frozenset())
        yield from self._schema(node.answer_schema, (*path, "schema"))
        yield from self._output(node.output, path)
        if not self._whole(path):
            return
        if node.answer_schema is not None and node.choices is not None:
            yield self._located.problem((*path, "choices"), "give either a schema or choices")
        has_default = "default" in node.model_fields_set
        if node.deadline is not None and not has_default:
            yield self._located.problem((*path, "deadline"), "a deadline needs a `default`: the answer when it passes")
        usable = schema_fault(node.schema_of_answers) is None
        if has_default and usable and not Draft202012Validator(node.schema_of_answers).is_valid(node.default):
            yield self._located.problem((*path, "default"), "does not fit the schema of the answers")

    def _http(self, node: HttpNode, path: Path, extra: frozenset[str]) -> Iterator[Problem]:
        for key, value in (("url", node.url), ("headers", node.headers), ("query", node.query), ("body", node.body)):
            yield from self._templates(value, (*path, key), extra)  # type: ignore[arg-type]
        yield from self._templates(node.json_body, (*path, "json"), extra)
        if node.body is not None and node.json_body is not None:
            yield self._located.problem((*path, "json"), "give either a body or json")
        if "{" not in node.url and not re.match(r"https?://[^/]", node.url):
            yield self._located.problem((*path, "url"), "expected an http:// or https:// address")
        yield from self._output(node.output, path)

    def _parallel(self, node: ParallelNode, path: Path, _extra: frozenset[str]) -> Iterator[Problem]:
        yield from self._expression(node.items, (*path, "items"), frozenset())
        name = node.item_name
        if not FIELD_NAME.fullmatch(name) or name in RESERVED_FIELDS or name in self._spec.state or name == "index":
            message = "expected a name that is no state field, not `index` and no reserved word"
            yield self._located.problem((*path, "as"), message)
            self._gaps = replace(self._gaps, paths=self._gaps.paths | {(*path, "as")})
        yield from self._node(node.node, (*path, "node"), frozenset({name, "index"}))
        yield from self._output(node.output, path)
        field = self._spec.state.get(node.output)
        if field is not None and field.type not in {"list", "any"} and self._whole(path):
            yield self._located.problem((*path, "output"), f"expected a list field; {node.output} is a {field.type}")

    def _subworkflow(self, node: SubworkflowNode, path: Path, extra: frozenset[str]) -> Iterator[Problem]:
        child = self._subworkflows.get(node.workflow)
        for field, expression in (node.input or {}).items():
            yield from self._expression(expression, (*path, "input", field), extra)
            if child is not None and child.graph is None and field not in child.state:
                yield self._unknown_field((*path, "input", field), child, at_key=True)
        for field, target in (node.output or {}).items():
            if not _inline(path):
                yield from self._target(target, (*path, "output", field))
            if child is not None and child.graph is None and field not in child.state:
                yield self._unknown_field((*path, "output", field), child, at_key=True)

    # -- what several node types have

    def _expression(self, text: str, path: Path, extra: frozenset[str]) -> Iterator[Problem]:
        try:
            condition = Condition.compile(text)
        except ExpressionError as error:
            yield self._located.problem(path, str(error))
            return
        yield from self._unknown_variables(condition.variables, path, extra)

    def _template(self, text: str | None, path: Path, extra: frozenset[str]) -> Iterator[Problem]:
        if text is None:
            return
        try:
            variables = Template.compile(text).variables
        except TemplateFault as error:
            for reason in error.reasons:
                yield self._located.problem(path, reason)
            variables = error.variables
        yield from self._unknown_variables(variables, path, extra)

    def _templates(self, value: JsonValue, path: Path, extra: frozenset[str]) -> Iterator[Problem]:
        if isinstance(value, str):
            yield from self._template(value, path, extra)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._templates(item, (*path, index), extra)
        elif isinstance(value, dict):
            for key, item in value.items():
                yield from self._templates(item, (*path, key), extra)

    def _unknown_variables(self, names: frozenset[str], path: Path, extra: frozenset[str]) -> Iterator[Problem]:
        if self._gaps.cover(("state",)) or (path[2:3] == ("node",) and not self._knows_item(path)):
            return
        known = VARIABLES | extra | self._spec.state.keys()
        for name in sorted(names - known):
            yield self._located.problem(path, f"unknown variable {name}; known are: {', '.join(sorted(known))}")

    def _knows_item(self, path: Path) -> bool:
        """Whether a parallel node itself is known, and so the name that its items have in the node inside it."""
        return not any(gap[:2] == path[:2] and gap[2:3] != ("node",) for gap in self._gaps.paths)

    def _schema(self, schema: Mapping[str, JsonValue] | None, path: Path) -> Iterator[Problem]:
        fault = schema_fault(schema or {})
        if fault is not None:
            inside, message = fault
            yield self._located.problem((*path, *inside), message)

    def _messages_field(self, name: str, path: Path) -> Iterator[Problem]:
        if self._gaps.touch(("state", name)) or not self._whole(path):
            return
        field = self._spec.state.get(name)
        at = (*path, "messages") if self._located.at((*path, "messages")) is not None else path
        if field is None:
            yield self._located.problem(at, f"the state has no field {name}, which this node reads or writes")
        elif field.type != "messages":
            yield self._located.problem(at, f"the state field {name} is a {field.type}, expected messages")

    def _output(self, name: str | dict[str, str] | None, path: Path) -> Iterator[Problem]:
        if _inline(path):
            yield from self._no_output(name, path)
        elif isinstance(name, str):
            yield from self._target(name, (*path, "output"))

    def _no_output(self, output: object, path: Path) -> Iterator[Problem]:
        if output is not None:
            yield self._located.problem((*path, "output"), "the parallel node gathers the results; leave this out")

    def _target(self, name: str, path: Path, *, at_key: bool = False) -> Iterator[Problem]:
        if name not in self._spec.state and not self._gaps.cover(("state",)):
            yield self._unknown_field(path, self._spec, at_key=at_key, name=name)

    def _unknown_field(self, path: Path, spec: WorkflowSpec, *, at_key: bool, name: str | None = None) -> Problem:
        fields = ", ".join(spec.state)
        message = f"the state of {spec.name} has no field {name or path[-1]}; it has: {fields}"
        return self._located.problem(path, message, at_key=at_key)


def _inline(path: Path) -> bool:
    """Whether a node stands inside a parallel node."""
    return path[-1] == "node"
