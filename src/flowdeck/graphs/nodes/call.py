"""One execution of a node: the state it sees, the run it belongs to, and what expressions and templates make of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from langchain_core.runnables import RunnableConfig
from langgraph.graph import StateGraph
from pydantic import JsonValue

from flowdeck.errors.base import RunFailed
from flowdeck.errors.nodes import ExpressionFailed, TemplateFailed
from flowdeck.graphs.conditions import Condition, ExpressionError
from flowdeck.graphs.resources import Resources, RunContext
from flowdeck.graphs.spec import WorkflowSpec
from flowdeck.graphs.state import last_message, plain_state, turns
from flowdeck.graphs.templates import Template, TemplateFault, ValueTemplate, now_text

Update = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """Where a node is: its name, its workflow's fields in order and first messages field, and what it is built with.

    `subworkflows` are the built workflows of the files that the workflow's nodes name.
    """

    name: str
    fields: tuple[str, ...]
    messages_field: str | None
    resources: Resources
    subworkflows: "Mapping[str, Subgraph]"


@dataclass(frozen=True)
class Call:
    """One execution of the node `setting.name`."""

    setting: Setting
    state: Mapping[str, Any]
    config: RunnableConfig
    context: RunContext
    extra: Mapping[str, JsonValue] = field(default_factory=dict)

    def with_extra(self, extra: Mapping[str, JsonValue]) -> "Call":
        """The same call with more variables, such as a parallel node's item."""
        return replace(self, extra={**self.extra, **extra})

    @property
    def idempotency_key(self) -> str:
        """`run:step:task`: the same whenever this step of this run is done over, and for no other step."""
        step = (self.config.get("metadata") or {}).get("langgraph_step", 0)
        task = (self.config.get("configurable") or {}).get("__pregel_task_id", "")
        return f"{self.context.run_id}:{step}:{task}"

    def variables(self) -> dict[str, JsonValue]:
        """What templates see: the fields that have a value, `last`, `turns`, `run`, `agent`, `config` and `now`."""
        state = plain_state(self.state)
        agent = dict(self.context.agent_config)
        return {
            **state,
            "last": last_message(state, self.setting.messages_field),
            "turns": turns(state, self.setting.messages_field),
            "run": {"run_id": self.context.run_id, "session_id": self.context.session_id},
            "agent": agent,
            "config": agent,
            "now": now_text(),
            **self.extra,
        }

    def evaluate(self, condition: Condition) -> JsonValue:
        """The value of a CEL expression; a field that has no value yet is null. Raises RunFailed."""
        try:
            return condition.evaluate(self._all_fields())
        except ExpressionError as error:
            raise self._expression_failed(condition, error) from error

    def holds(self, condition: Condition) -> bool:
        """Whether a condition holds. Raises RunFailed, also when its value is neither true nor false."""
        try:
            return condition.holds(self._all_fields())
        except ExpressionError as error:
            raise self._expression_failed(condition, error) from error

    def render(self, template: Template) -> str:
        """A template's text. Raises RunFailed."""
        try:
            return template.render(self.variables())
        except TemplateFault as error:
            raise TemplateFailed(node=self.setting.name, message=str(error)) from error

    def render_value(self, template: ValueTemplate) -> JsonValue:
        """A JSON value whose texts are templates. Raises RunFailed."""
        try:
            return template.render(self.variables())
        except TemplateFault as error:
            raise TemplateFailed(node=self.setting.name, message=str(error)) from error

    def _all_fields(self) -> dict[str, JsonValue]:
        return {**dict.fromkeys(self.setting.fields), **self.variables()}

    def _expression_failed(self, condition: Condition, error: ExpressionError) -> RunFailed:
        text = condition.text if len(condition.text) <= 200 else f"{condition.text[:200]}…"  # noqa: PLR2004
        return ExpressionFailed(node=self.setting.name, expression=text, message=str(error))


class Subgraph(Protocol):
    """A built workflow, as its parent uses it."""

    @property
    def graph(self) -> StateGraph[Any, RunContext, Any, Any]:
        """The graph, not yet compiled."""
        ...

    @property
    def spec(self) -> WorkflowSpec:
        """What it was built from."""
        ...

    def initial_state(self, values: Mapping[str, JsonValue]) -> dict[str, Any]:
        """JSON as typed state. Raises Invalid."""
        ...


class Step(Protocol):
    """A node made ready: called once for each time a run reaches it."""

    async def update(self, call: Call) -> Update:
        """What it changes in the state."""
        ...


class ItemStep(Step, Protocol):
    """A node that can stand inside a parallel node, where its result is one entry of a list."""

    async def value(self, call: Call) -> JsonValue:
        """Its result."""
        ...
