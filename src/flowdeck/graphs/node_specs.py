"""What may be written under `nodes:`; one class for each `type`. What it means for the graph is in `nodes/`."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue
from pydantic_core import PydanticCustomError

from flowdeck.graphs.durations import Duration


def _check_output(value: object) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and value and all(isinstance(item, str) for pair in value.items() for item in pair):
        return value
    raise PydanticCustomError("output", "expected a state field, or a mapping of answer field to state field")


Schema = dict[str, JsonValue]
OnIncomplete = Literal["accept", "fail"]
Output = Annotated[str | dict[str, str], BeforeValidator(_check_output)]


class SpecModel(BaseModel):
    """What all parts of a workflow share: unknown keys are mistakes, and nothing changes after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class RetrySpec(SpecModel):
    """How often a node is tried, and the pause before the second attempt; each further pause doubles."""

    attempts: int = Field(3, ge=1, le=20)
    backoff: Duration = 0.5


class NodeBasics(SpecModel):
    """Keys that every node may have."""

    description: str = ""


class OutsideNode(NodeBasics):
    """Keys of the nodes that call something outside: how often it is tried, and how long one attempt may take."""

    retry: RetrySpec | None = None
    timeout: Duration | None = None


class Example(SpecModel):
    """One exchange shown to the model before the real one (few-shot)."""

    user: str
    assistant: str


class LlmNode(OutsideNode):
    """One call of a model. The answer is appended to the messages, or goes to `output`.

    With `tools` the answer may ask for tool calls, which a tool node without `tool` then executes. `on_incomplete` says
    what becomes of a reply that ended early; by default text is accepted, and with `schema` the node fails.
    """

    type: Literal["llm"]
    model: str = "default"
    system: str | None = None
    prompt: str | None = None
    messages: str = "messages"
    tools: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    answer_schema: Schema | None = Field(None, alias="schema")
    attempts: int = Field(3, ge=1, le=10)
    output: Output | None = None
    append: bool | None = None
    on_incomplete: OnIncomplete | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=1)


class ToolNode(OutsideNode):
    """One call of a configured tool; without `tool`, the calls that the last message asks for (the legacy form).

    Of those calls, it executes what the asking node offered its model, or what `tools` lists.
    """

    type: Literal["tool"]
    tool: str | None = None
    tools: tuple[str, ...] | None = None
    args: dict[str, JsonValue] = {}
    messages: str = "messages"
    output: str | None = None
    message: bool = False


class AgentNode(NodeBasics):
    """A model that calls tools until it answers."""

    type: Literal["agent"]
    model: str = "default"
    system: str | None = None
    messages: str = "messages"
    tools: tuple[str, ...] = ()
    max_iterations: int = Field(8, ge=1, le=100)
    output: str | None = None
    on_incomplete: OnIncomplete = "accept"
    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=1)


class Case(SpecModel):
    """A way out of a condition node."""

    when: str
    to: str


class ConditionNode(NodeBasics):
    """Chooses the way: the first case that holds, else the default."""

    type: Literal["condition"]
    cases: tuple[Case, ...] = ()
    default: str | None = None


class TransformNode(NodeBasics):
    """Sets state fields to the values of CEL expressions, all read from the state before the node."""

    type: Literal["transform"]
    set: dict[str, str] = Field(min_length=1)


class HumanNode(NodeBasics):
    """Asks a person and waits."""

    type: Literal["human"]
    question: str
    answer_schema: Schema | None = Field(None, alias="schema")
    choices: tuple[JsonValue, ...] | None = Field(None, min_length=1)
    output: str | None = None
    deadline: Duration | None = None
    default: JsonValue = None

    @property
    def schema_of_answers(self) -> Schema:
        """The JSON schema an answer must fit: `schema`, the choices, or any text."""
        if self.answer_schema is not None:
            return self.answer_schema
        return {"enum": list(self.choices)} if self.choices else {"type": "string"}


class SubworkflowNode(NodeBasics):
    """Another workflow file, run as one node."""

    type: Literal["subworkflow"]
    workflow: str
    input: dict[str, str] | None = None
    output: dict[str, str] | None = None


class HttpNode(OutsideNode):
    """One HTTP request; `output` gets `{status, headers, body}`."""

    type: Literal["http"]
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    url: str
    headers: dict[str, str] = {}
    query: dict[str, JsonValue] = {}
    body: str | None = None
    json_body: JsonValue = Field(None, alias="json")
    timeout: Duration = 30.0
    redirects: int = Field(0, ge=0, le=10)
    expect: tuple[int, ...] | None = None
    output: str | None = None


class PythonNode(OutsideNode):
    """One call of a function that the operator has allowed."""

    type: Literal["python"]
    call: str = Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")
    args: dict[str, JsonValue] = {}
    output: str | None = None


ItemNode = Annotated[
    LlmNode | ToolNode | TransformNode | HttpNode | PythonNode | SubworkflowNode, Field(discriminator="type")
]


class ParallelNode(NodeBasics):
    """Runs one inline node for each item of a list, several at a time; `output` gets the results in their order."""

    type: Literal["parallel"]
    items: str
    item_name: str = Field("item", alias="as")
    node: ItemNode
    concurrency: int = Field(8, ge=1, le=100)
    output: str


NodeSpec = Annotated[
    LlmNode
    | ToolNode
    | AgentNode
    | ConditionNode
    | TransformNode
    | HumanNode
    | ParallelNode
    | SubworkflowNode
    | HttpNode
    | PythonNode,
    Field(discriminator="type"),
]

NODE_TYPES: Mapping[str, type[NodeBasics]] = {
    "llm": LlmNode,
    "tool": ToolNode,
    "agent": AgentNode,
    "condition": ConditionNode,
    "transform": TransformNode,
    "human": HumanNode,
    "parallel": ParallelNode,
    "subworkflow": SubworkflowNode,
    "http": HttpNode,
    "python": PythonNode,
}
