"""All mistakes of a workflow are reported at once, whatever kind they are, and each of them once."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from flowdeck.errors.base import Unloadable
from flowdeck.graphs.definition import Source, parse_definition
from flowdeck.graphs.models import ModelRegistry
from flowdeck.graphs.requirements import requirements_of
from flowdeck.graphs.resources import Resources
from flowdeck.graphs.tools import ToolRegistry
from tests.graphs.workflows import PATH, one_node, scripted

WHOLE = """
name: whole
state:
  messages: {type: messages}
  label: {type: string, default: "", reducer: replace}
  notes: {type: list, reducer: append}
entry: sort
nodes:
  sort: {type: llm, system: "Sort {{ label }}", schema: {type: object}, output: {label: label}, temperature: 0.5}
  look: {type: tool, tool: clock, args: {timezone: UTC}, output: label}
  ask: {type: human, question: "Send {{ label }}?", choices: [yes, no], deadline: 1h, default: yes, output: label}
  each: {type: parallel, items: notes, as: note, node: {type: llm, prompt: "{{ note }}"}, output: notes}
  pick: {type: condition, cases: [{when: "label == 'a'", to: ask}], default: each}
edges:
  - {from: sort, to: look, when: "label == 'look'"}
  - {from: sort, to: pick}
  - {from: look, to: END}
  - {from: ask, to: END}
  - {from: each, to: END}
"""


def resources() -> Resources:
    nowhere = Path("/nonexistent")
    tools = ToolRegistry.load(None, environment={}, python_allow=("json",), folder=nowhere, data_dir=nowhere)
    return Resources(scripted(), tools, ("json",))


def failure(text: str, files: Mapping[str, str] | None = None) -> Unloadable:
    """What keeps a workflow from loading on a server with two models and the tools that need no file."""

    def resolve(path: str) -> Source:
        return Source(path, (files or {})[path])

    with pytest.raises(Unloadable) as caught:
        parse_definition(Source(PATH, text), environment={}, resolve=resolve, requirements=requirements_of(resources()))
    return caught.value


def fields(text: str) -> list[str]:
    return [problem.field for problem in failure(text).problems]


def test_the_whole_workflow_is_right() -> None:
    parsed = parse_definition(
        Source(PATH, WHOLE),
        environment={},
        resolve=lambda path: Source(path, ""),
        requirements=requirements_of(resources()),
    )
    assert list(parsed.spec.nodes) == ["sort", "look", "ask", "each", "pick"]


def test_mistakes_of_all_stages_are_told_at_once_and_in_their_order() -> None:
    text = """
name: all
name: twice
state:
  messages: {type: messages}
  label: {type: strin}
entry: a
nodes:
  a: {type: llm, temperature: hot, system: "${NOT_SET}", prompt: "{{ nothing }}"}
  b: {type: llm, model: absent}
  c: {type: tool, tool: absent}
  d: {type: python, call: "os:getcwd"}
  e: {type: lm}
  f: {type: transform, set: {nowhere: "1 +"}}
edges:
  - {from: a, to: b, when: "labl == 1"}
  - [b, END]
  - {from: c, to: nowhere}
"""
    error = failure(text)
    assert error.code == "definition_invalid"
    assert [(problem.line, problem.field) for problem in error.problems] == [
        (3, "name"),
        (6, "state.label.type"),
        (9, "nodes.a.temperature"),
        (9, "nodes.a.system"),
        (9, "nodes.a.prompt"),
        (10, "nodes.b.model"),
        (11, "nodes.c.tool"),
        (12, "nodes.d.call"),
        (13, "nodes.e.type"),
        (14, "nodes.f.set.nowhere"),
        (14, "nodes.f.set.nowhere"),
        (16, "edges.0.when"),
        (17, "edges.1"),
        (18, "edges.2.to"),
    ]
    assert all(problem.file == PATH and problem.column for problem in error.problems)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        # of the YAML
        (("name: whole", "name: whole\nname: again"), "name"),
        (("name: whole", "name: !x whole"), ""),
        (("name: whole", "name: whole\n1: a"), ""),
        (("  look:", "  look: {type: llm}\n  look:"), "nodes.look"),
        (("  look:", "  3: {type: llm}\n  look:"), "nodes"),
        (("{type: list, reducer: append}", "{type: list, 1: a}"), "state.notes"),
        ((', system: "Sort {{ label }}"', ", system: {{ label }}"), "nodes.sort.system"),
        (('prompt: "{{ note }}"', "prompt: {{ note }}"), "nodes.each.node.prompt"),
        # of the environment
        (("name: whole", "name: ${GONE}"), "name"),
        (("type: tool, tool: clock", 'type: "${GONE}", tool: clock'), "nodes.look.type"),
        (("Sort {{ label }}", "${GONE}"), "nodes.sort.system"),
        (("entry: sort", "entry: ${GONE}"), "entry"),
        (("{from: look, to: END}", '{from: "${GONE}", to: END}'), "edges.2.from"),
        (("{from: look, to: END}", '{from: look, to: "${GONE}"}'), "edges.2.to"),
        (("when: \"label == 'a'\"", "when: '${GONE}'"), "nodes.pick.cases.0.when"),
        (("{type: messages}", "{type: '${GONE}'}"), "state.messages.type"),
        (("items: notes", "items: '${GONE}'"), "nodes.each.items"),
        (("as: note", "as: '${GONE}'"), "nodes.each.as"),
        # of the shape
        (("name: whole\n", ""), "name"),
        (("name: whole", "name: [whole]"), "name"),
        (("state:", "stat:"), "stat"),
        (("entry:", "entri:"), "entri"),
        (("nodes:", "nods:"), "nods"),
        (("edges:", "transitions:"), "transitions"),
        (("entry: sort", "entry: [sort]"), "entry"),
        (("type: string", "type: strin"), "state.label.type"),
        (('default: ""', "defalt: 1"), "state.label.defalt"),
        (("{type: messages}", "messages"), "state.messages"),
        (("{type: messages}", "{type: message}"), "state.messages.type"),
        (("reducer: append", "reducer: appnd"), "state.notes.reducer"),
        (("type: tool", "type: tol"), "nodes.look.type"),
        (("type: tool, ", ""), "nodes.look.type"),
        (("type: condition", "type: conditon"), "nodes.pick.type"),
        (("type: human", "type: [human]"), "nodes.ask.type"),
        (("{type: tool, tool: clock, args: {timezone: UTC}, output: label}", "tool"), "nodes.look"),
        (("question:", "qestion:"), "nodes.ask.qestion"),
        (('question: "Send {{ label }}?", ', ""), "nodes.ask.question"),
        (("choices: [yes, no]", "choices: yes"), "nodes.ask.choices"),
        (("default: yes", "defalt: yes"), "nodes.ask.defalt"),
        (("deadline: 1h", "deadline: soon"), "nodes.ask.deadline"),
        (("schema: {type: object}", "schema: object"), "nodes.sort.schema"),
        (("schema: {type: object}", "shema: {type: object}"), "nodes.sort.shema"),
        (("output: {label: label}", "output: [label]"), "nodes.sort.output"),
        (("temperature: 0.5", "temperature: hot"), "nodes.sort.temperature"),
        (("as: note", "az: note"), "nodes.each.az"),
        (('prompt: "{{ note }}"', 'promt: "{{ note }}"'), "nodes.each.node.promt"),
        (("items: notes, ", ""), "nodes.each.items"),
        (("tool: clock", "tool: [clock]"), "nodes.look.tool"),
        (("cases: [{when", "cases: [{whn"), "nodes.pick.cases.0.whn"),
        (("default: each", "default: [each]"), "nodes.pick.default"),
        (("{from: look, to: END}", "[look, END]"), "edges.2"),
        (("{from: look, to: END}", "look"), "edges.2"),
        (("{from: look, to: END}", "{form: look, to: END}"), "edges.2.form"),
        (("{from: look, to: END}", "{from: look}"), "edges.2.to"),
        (("{from: look, to: END}", "{from: look, to: END, when: true}"), "edges.2.when"),
        (("{from: look, to: END}", "{look: END}"), "edges.2"),
        (("{when: \"label == 'a'\", to: ask}", "{if: x, jump: ask}"), "nodes.pick.cases.0"),
        (("{type: condition, cases: [{when: \"label == 'a'\", to: ask}], default: each}", "x"), "nodes.pick"),
        (("{type: condition, cases", "{cases"), "nodes.pick.type"),
        # of the checks
        (("as: note", "as: 5 notes"), "nodes.each.as"),
        (("  - {from: sort, to: pick}\n", ""), "nodes.pick"),
        ((WHOLE[WHOLE.index("edges:") :], ""), "edges"),
        (("entry: sort", "entry: srt"), "entry"),
        (("{from: look, to: END}", "{from: lok, to: END}"), "edges.2.from"),
        (("{from: look, to: END}", "{from: look, to: ENDE}"), "edges.2.to"),
        (("default: each", "default: eech"), "nodes.pick.default"),
        (("  - {from: look, to: END}\n", ""), "nodes.look"),
        # of the server
        (("temperature: 0.5", "model: absent"), "nodes.sort.model"),
        (("tool: clock", "tool: absent"), "nodes.look.tool"),
        (("temperature: 0.5", "modl: other"), "nodes.sort.modl"),
    ],
)
def test_one_mistake_is_one_problem(change: tuple[str, str], field: str) -> None:
    text = WHOLE.replace(*change, 1)
    assert text != WHOLE
    assert fields(text) == [field], [str(problem) for problem in failure(text).problems]


def test_places_stay_right_behind_an_entry_that_is_left_out() -> None:
    text = WHOLE.replace("{from: sort, to: look", "{frm: sort, to: look").replace(
        "from: each, to: END", "from: each, to: EN"
    )
    assert [(item.line, item.field) for item in failure(text).problems] == [(15, "edges.0.frm"), (19, "edges.4.to")]


def test_in_the_older_form_too() -> None:
    text = """
name: old
state_schema: {messages: {type: messages}, label: {type: strin}}
entry_point: a
nodes:
  a: {type: llm_node, config: {system_prompt: "${GONE}", temperature: hot}}
  b: {type: llm_node, config: {prompt_template: "{{ nothing }}"}}
edges:
  - {from: __start__, to: a}
  - {from: a, to: b, type: conditional, condition: "1 +"}
  - {from: a, to: c}
"""
    assert fields(text) == [
        "state_schema.label.type",
        "nodes.a.config.system_prompt",
        "nodes.a.config.temperature",
        "nodes.b.config.prompt_template",
        "edges.1.condition",
        "edges.2.to",
    ]


def test_the_code_is_that_of_the_only_kind() -> None:
    absent_model = WHOLE.replace("temperature: 0.5", "model: absent")
    absent_tool = WHOLE.replace("tool: clock", "tool: absent")
    missing = WHOLE.replace("Sort", "${GONE}")
    assert [failure(text).code for text in (absent_model, absent_tool, missing)] == [
        "model_not_configured",
        "tool_not_configured",
        "environment_variable_missing",
    ]
    assert failure(absent_model).params == {"model": "absent", "known": "default, other"}
    assert failure(absent_model.replace("tool: clock", "tool: absent")).code == "definition_invalid"


def test_mistakes_of_subworkflows_are_told_with_the_rest_and_once() -> None:
    child = one_node("{type: llm, model: absent, prompt: '{{ nothing }}'}")
    nodes = "".join(f"  {name}: {{type: subworkflow, workflow: child.yaml}}\n" for name in "ab")
    edges = "  - {from: a, to: b}\n  - {from: b, to: c}\n"
    text = f"name: t\nentry: a\nnodes:\n{nodes}edges:\n{edges}"
    problems = failure(text, {"child.yaml": child}).problems
    assert [(item.file, item.field) for item in problems] == [
        (PATH, "edges.1.to"),
        ("child.yaml", "nodes.work.model"),
        ("child.yaml", "nodes.work.prompt"),
    ]


def test_a_model_that_lacks_its_variable_is_told_at_the_node() -> None:
    with pytest.raises(Unloadable) as caught:
        parse_definition(
            Source(PATH, WHOLE.replace("temperature: 0.5", "model: paid")),
            environment={},
            resolve=lambda path: Source(path, ""),
            requirements=requirements_of(Resources(paid(), resources().tools)),
        )
    assert caught.value.code == "environment_variable_missing"
    assert caught.value.params["variable"] == "PAID_KEY"
    assert [item.field for item in caught.value.problems] == ["nodes.sort.model"]


def paid() -> ModelRegistry:
    models = {
        "default": {"provider": "scripted", "model": "s", "replies": [{"text": "ok"}]},
        "paid": {"provider": "openai", "model": "gpt-4o-mini", "api_key": "${PAID_KEY}"},
    }
    return ModelRegistry.load(Source("models.yaml", json.dumps({"models": models})), environment={})


def test_every_mistake_of_one_template_is_reported() -> None:
    text = one_node("{type: llm, prompt: '{{ label | shout }} {% include \"x.txt\" %}{{ y | yell }} {{ 1 is odder }}'}")
    messages = [item.message for item in failure(text).problems]
    assert [message.partition(";")[0] for message in messages[:4]] == [
        "there is no filter shout",
        "include is not available: a template cannot use other templates",
        "there is no filter yell",
        "there is no test odder",
    ]
    assert any("label" in message for message in messages[4:])
