"""The workflows of the stateful test, each twice: as YAML for Flowdeck, and as Python for the model in memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Values = Mapping[str, Any]

START = "START"
END = "END"


class NodeFailed(Exception):
    """A node fails, or none of its edges' conditions can be decided; `code` is the run's error."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Transform:
    """A node that computes its update; it may raise NodeFailed."""

    update: Callable[[Values], dict[str, Any]]


@dataclass(frozen=True)
class Reply:
    """A node that appends a scripted model's answer; with `agent_config: {model: down}` it fails."""

    text: str = "Hello there, friend"
    tokens: int = 13


@dataclass(frozen=True)
class Hold:
    """A node that waits until the test lets it go on."""


@dataclass(frozen=True)
class Ask:
    """A node that asks, and makes its update of all answers; `fits` are taken as answers, `unfit` are not."""

    questions: tuple[str, ...]
    update: Callable[[list[Any]], dict[str, Any]]
    fits: tuple[Any, ...]
    unfit: tuple[Any, ...]


@dataclass(frozen=True, repr=False)
class Workflow:
    """A graph in which one node at most executes next."""

    name: str
    yaml: str
    entry: str
    nodes: Mapping[str, Transform | Reply | Hold | Ask]
    way: Callable[[str, Values], str]  # where a node's edges lead; it may raise NodeFailed
    first: Values  # what the fields hold before anything is written
    appended: frozenset[str] = field(default_factory=frozenset)  # fields to which updates are added

    def __repr__(self) -> str:
        return self.name.upper()

    @property
    def talks(self) -> bool:
        """Whether it takes a text."""
        return "messages" in self.first


def _decided(values: Values, yes: str, no: str) -> str:
    answer = values.get("approved")
    if not isinstance(answer, bool):
        raise NodeFailed("expression_failed")
    return yes if answer else no


def _divide(values: Values) -> dict[str, Any]:
    if values["n"] == 0:
        raise NodeFailed("expression_failed")
    return {"share": 100 // values["n"]}


CHAT = Workflow(
    name="chat",
    yaml="""
        name: chat
        nodes:
          answer: {type: llm, system: Be brief.}
        entry: answer
        edges:
          - {from: answer, to: END}
    """,
    entry="answer",
    nodes={"answer": Reply()},
    way=lambda _node, _values: END,
    first={"messages": []},
    appended=frozenset({"messages"}),
)

CHAIN = Workflow(
    name="chain",
    yaml="""
        name: chain
        state:
          n: {type: integer, default: 0}
          notes: {type: list, reducer: append}
          total: {type: integer, reducer: add}
        entry: one
        nodes:
          one: {type: transform, set: {n: n + 1, notes: "['one']"}}
          two: {type: transform, set: {n: n * 2}}
          three: {type: transform, set: {total: n, notes: "['three']"}}
        edges:
          - {from: one, to: two}
          - {from: two, to: three}
          - {from: three, to: one, when: n < 4}
          - {from: three, to: END}
    """,
    entry="one",
    nodes={
        "one": Transform(lambda values: {"n": values["n"] + 1, "notes": ["one"]}),
        "two": Transform(lambda values: {"n": values["n"] * 2}),
        "three": Transform(lambda values: {"total": values["n"], "notes": ["three"]}),
    },
    way=lambda node, values: {"one": "two", "two": "three", "three": "one" if values["n"] < 4 else END}[node],
    first={"n": 0, "notes": [], "total": 0},
    appended=frozenset({"notes", "total"}),
)


def _mail_way(node: str, values: Values) -> str:
    return _decided(values, "choose", END) if node == "approve" else {"prepare": "approve", "choose": END}[node]


MAIL = Workflow(
    name="mail",
    yaml="""
        name: mail
        state:
          n: {type: integer, default: 0}
          approved: {type: boolean}
          channel: {type: string, default: ""}
        entry: prepare
        nodes:
          prepare: {type: transform, set: {n: n + 1}}
          approve: {type: human, question: "Send it?", schema: {type: boolean}, output: approved}
          choose: {type: human, question: "How?", choices: [mail, phone], output: channel}
        edges:
          - {from: prepare, to: approve}
          - {from: approve, to: choose, when: approved}
          - {from: approve, to: END}
          - {from: choose, to: END}
    """,
    entry="prepare",
    nodes={
        "prepare": Transform(lambda values: {"n": values["n"] + 1}),
        "approve": Ask(("Send it?",), lambda answers: {"approved": answers[0]}, (True, False), (None, "yes", 0)),
        "choose": Ask(("How?",), lambda answers: {"channel": answers[0]}, ("mail", "phone"), ("", None, "fax")),
    },
    way=_mail_way,
    first={"n": 0, "channel": ""},
)

BALLOT = """
    name: ballot
    state: {voter: {type: string}, vote: {type: any}}
    entry: ask
    nodes:
      ask: {type: human, question: "{{ voter }}?", choices: [1, false, "", "yes"], output: vote}
    edges:
      - {from: ask, to: END}
"""
"""A workflow within PANEL."""

PANEL = Workflow(
    name="panel",
    yaml="""
        name: panel
        state: {voters: {type: list, default: [ann, bob]}, votes: {type: list}}
        entry: poll
        nodes:
          poll:
            type: parallel
            items: voters
            as: voter
            node: {type: subworkflow, workflow: ballot.yaml, input: {voter: voter}, output: {vote: vote}}
            output: votes
        edges:
          - {from: poll, to: END}
    """,
    entry="poll",
    nodes={
        "poll": Ask(
            ("ann?", "bob?"),
            lambda answers: {"votes": [{"vote": answer} for answer in answers]},
            (1, False, "", "yes"),
            (None, "no", True, 0, [1]),
        )
    },
    way=lambda _node, _values: END,
    first={"voters": ["ann", "bob"]},
)

BROKEN = Workflow(
    name="broken",
    yaml="""
        name: broken
        state: {n: {type: integer, default: 0}, share: {type: integer}, notes: {type: list, reducer: append}}
        entry: prepare
        nodes:
          prepare: {type: transform, set: {notes: "['prepared']"}}
          divide: {type: transform, set: {share: 100 / n}}
        edges:
          - {from: prepare, to: divide}
          - {from: divide, to: END}
    """,
    entry="prepare",
    nodes={"prepare": Transform(lambda _values: {"notes": ["prepared"]}), "divide": Transform(_divide)},
    way=lambda node, _values: {"prepare": "divide", "divide": END}[node],
    first={"n": 0, "notes": []},
    appended=frozenset({"notes"}),
)


def _gated_way(node: str, values: Values) -> str:
    if node == "hold":
        return {1: END, 2: "ask"}.get(values["n"], "finish")
    if node == "ask":
        return _decided(values, "finish", END)
    return {"begin": "hold", "finish": END}[node]


GATED = Workflow(
    name="gated",
    yaml="""
        name: gated
        state: {n: {type: integer, default: 0}, notes: {type: list, reducer: append}, approved: {type: boolean}}
        entry: begin
        nodes:
          begin: {type: transform, set: {notes: "['begun']"}}
          hold: {type: python, call: "tests.faults.machine.turnstiles:hold", args: {session_id: "{{ run.session_id }}"}}
          ask: {type: human, question: "Go on?", schema: {type: boolean}, output: approved}
          finish: {type: transform, set: {notes: "['finished']"}}
        edges:
          - {from: begin, to: hold}
          - {from: hold, to: END, when: n == 1}
          - {from: hold, to: ask, when: n == 2}
          - {from: hold, to: finish}
          - {from: ask, to: finish, when: approved}
          - {from: ask, to: END}
          - {from: finish, to: END}
    """,
    entry="begin",
    nodes={
        "begin": Transform(lambda _values: {"notes": ["begun"]}),
        "hold": Hold(),
        "ask": Ask(("Go on?",), lambda answers: {"approved": answers[0]}, (True, False), (None, "yes", 0)),
        "finish": Transform(lambda _values: {"notes": ["finished"]}),
    },
    way=_gated_way,
    first={"n": 0, "notes": []},
    appended=frozenset({"notes"}),
)

WORKFLOWS = (CHAT, CHAIN, MAIL, PANEL, BROKEN, GATED)
