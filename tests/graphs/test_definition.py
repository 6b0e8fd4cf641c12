"""What a definition says, and what is wrong with one that cannot be loaded, each with its place."""

import pytest

from flowdeck.errors.base import Unloadable
from flowdeck.graphs.definition import Source, parse_definition
from tests.graphs.workflows import PATH, define, mistakes, one_node

TWO_NODES = """
    name: two
    version: 1.0
    state:
      messages: {type: messages}
      label: {type: string, default: ""}
    entry: a
    nodes:
      a: {type: llm, description: "first", system: "${WHO:You} sort.", output: label}
      b: {type: llm}
    edges:
      - {from: a, to: b, when: "label == '${WANTED:x}'"}
      - {from: a, to: END}
      - {from: b, to: __end__}
"""


def test_a_version_is_the_text_that_was_written() -> None:
    assert define(TWO_NODES).spec.version == "1.0"


def test_without_a_state_there_are_messages() -> None:
    spec = define("name: t\nentry: a\nnodes: {a: {type: llm}}\nedges: [{from: a, to: END}]").spec
    assert spec.messages_field == "messages"
    assert list(spec.state) == ["messages"]


def test_the_outline_shows_what_was_written_and_no_variable() -> None:
    outline = define(TWO_NODES, environment={"WHO": "secret", "WANTED": "secret"}).outline()
    assert [node.as_json() for node in outline.nodes] == [
        {"id": "START", "type": "start", "config": {}},
        {"id": "a", "type": "llm", "description": "first", "config": {"system": "${WHO:You} sort.", "output": "label"}},
        {"id": "b", "type": "llm", "config": {}},
        {"id": "END", "type": "end", "config": {}},
    ]
    assert [edge.as_json() for edge in outline.edges] == [
        {"from": "START", "to": "a"},
        {"from": "a", "to": "b", "when": "label == '${WANTED:x}'"},
        {"from": "a", "to": "END"},
        {"from": "b", "to": "END"},
    ]


def test_the_specification_holds_the_values() -> None:
    spec = define(TWO_NODES, environment={"WANTED": "y"}).spec
    assert spec.edges[0].when == "label == 'y'"


def test_the_digest_is_of_the_texts_alone() -> None:
    plain = define(TWO_NODES)
    assert plain.digest == define(TWO_NODES, environment={"WHO": "I"}).digest
    assert plain.digest != define(TWO_NODES + "\n").digest


def test_a_missing_variable_is_told_with_its_place() -> None:
    with pytest.raises(Unloadable) as caught:
        define(TWO_NODES.replace("${WHO:You}", "${WHO}"))
    assert caught.value.code == "environment_variable_missing"
    assert [(item.line, item.field) for item in caught.value.problems] == [(9, "nodes.a.system")]


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        (("entry: a", "entry: c"), "7:8 entry: there is no node c; expected one of: a, b"),
        (("entry: a\n", "\n"), "2:1 entry: is missing; expected one of: a, b"),
        (("to: b, when", "to: c, when"), "12:19 edges.0.to: there is no node c; expected END or one of: a, b"),
        (("from: b", "from: c"), "14:12 edges.2.from: there is no node c; expected one of: a, b"),
        (("      - {from: b, to: __end__}\n", ""), "10:3 nodes.b: this node has no outgoing edge"),
        (("a, to: b, when", "b, to: b, when"), "cannot be reached from a"),
        (("b, to: __end__", "b, to: b"), "14:5 edges.2: a cycle without a condition: b → b"),
        (
            (", when: \"label == '${WANTED:x}'\"", ""),
            "13:5 edges.1: never taken: the edge from a to b on line 12 has no condition",
        ),
        (("label ==", "label ="), "12:28 edges.0.when: not a valid CEL expression: <input>:1:7: Syntax error"),
        (("label ==", "lable =="), "12:28 edges.0.when: unknown variable lable; available: agent, config, label"),
        (("label ==", "lower(label) =="), "12:28 edges.0.when: there is no function lower; available: bool"),
        (("You} sort.", "You} {{ labl }}"), "9:48 nodes.a.system: unknown variable labl"),
        (("You} sort.", "You} {{ label"), "9:48 nodes.a.system: syntax error"),
        (("output: label", "output: labl"), "nodes.a.output: the state of two has no field labl; it has: messages"),
        (("{from: b, to: __end__}", "[b, END]"), "14:5 edges.2: expected a mapping; write {from: b, to: END}"),
        (
            ("{from: b, to: __end__}", "[b, END, x > 1]"),
            "14:5 edges.2: expected a mapping; write {from: b, to: END, when",
        ),
        (("{from: b, to: __end__}", "{b: END}"), "14:5 edges.2: expected a mapping; write {from: b, to: END}"),
        (("{from: b, to: __end__}", "b -> END"), "14:5 edges.2: expected a mapping with these keys: from, to, when"),
        (("{type: llm}", "llm"), "10:6 nodes.b: expected a mapping"),
        (
            ('{type: string, default: ""}', "string"),
            "6:10 state.label: expected a mapping with these keys: type, reduc",
        ),
        (("{type: llm}", "{type: lm}"), "10:13 nodes.b.type: unknown type; expected one of agent, condition, http"),
        (("{type: llm}", "{model: x}"), "10:6 nodes.b.type: is missing"),
        (("{type: llm}", "{type: llm, modle: x}"), "10:18 nodes.b.modle: unknown key; did you mean model?"),
        (("version:", "verison:"), "3:1 verison: unknown key; did you mean version?"),
        (("{type: llm}", "{type: llm, temperature: hot}"), "10:31 nodes.b.temperature: expected a valid number"),
        (("{type: llm}", "{type: llm, timeout: soon}"), "10:27 nodes.b.timeout: expected a duration such as 90s"),
        (("{type: llm}", "{type: llm, output: [x]}"), "10:26 nodes.b.output: expected a state field, or a mapping"),
        (
            ("{type: llm}", "{type: llm, messages: label}"),
            "nodes.b.messages: the state field label has the type string",
        ),
        (("{type: llm}", "{type: llm, retry: {attempts: 0}}"), "nodes.b.retry.attempts: expected greater than or"),
        (("{type: llm}", "{type: llm, retry: {tries: 2}}"), "nodes.b.retry.tries: unknown key; expected one of: attem"),
        (("b: {type", "END: {type"), "nodes.END: a node name must begin with a letter"),
        (("b: {type", "label: {type"), "nodes.label: a state field has the same name"),
        (("label: {type: string", "last: {type: string"), "state.last: a field name must begin with a letter"),
        (('default: ""', "default: 5"), "state.label.default: expected string, got integer"),
        (('default: ""', "reducer: merge"), "state.label.reducer: the reducer merge does not support the type string"),
        (('default: ""', "reducer: sum"), "state.label.reducer: expected 'replace', 'append'"),
        (('default: ""', "schema: {type: strng}"), "state.label.schema.type: not a valid JSON schema"),
        (('default: ""', 'schema: {$ref: "http://10.0.0.1/s"}'), "state.label.schema.$ref: refers to another document"),
        (
            ('default: ""', 'schema: {not: {$ref: "#/$defs/x"}}'),
            "state.label.schema.not.$ref: refers to a part that does not exist",
        ),
        (("name: two", "name: [two]"), "2:7 name: expected a valid string"),
        (("name: two", "name: ../two"), "2:7 name: string should match pattern"),
    ],
)
def test_a_mistake_is_told_with_its_place(change: tuple[str, str], mistake: str) -> None:
    text = TWO_NODES.replace(*change)
    assert text != TWO_NODES
    assert any(mistake in found for found in mistakes(text)), mistakes(text)


@pytest.mark.parametrize(
    ("node", "mistake"),
    [
        ("{type: human, question: Q, deadline: 24h}", "work.deadline: a `deadline` needs a `default`"),
        ("{type: human, question: Q, schema: {type: boolean}, default: x}", "work.default: does not match the schema"),
        ("{type: human, question: Q, schema: {}, choices: [a]}", "work.choices: give either `schema` or `choices`"),
        ("{type: llm, output: {a: n}}", "work.output: a mapping needs a `schema`"),
        ("{type: llm, schema: {}, tools: [x]}", "work.tools: cannot be used with `schema` or `output`"),
        ("{type: transform, set: {m: '1'}}", "work.set.m: the state of t has no field m"),
        ("{type: transform, set: {}}", "work.set: dictionary should have at least 1 item"),
        ("{type: tool, args: {a: 1}}", "work.tool: is missing"),
        ("{type: http, url: 'ftp://x'}", "work.url: expected a URL that begins with http:// or https://"),
        ("{type: http, url: 'http://x', body: a, json: {b: 1}}", "work.json: give either `body` or `json`"),
        ("{type: http, url: 'http://x', json: {b: ['{{ zzz }}']}}", "work.json.b.0: unknown variable zzz"),
        ("{type: python, call: os.system}", "work.call: string should match pattern"),
        ("{type: parallel, items: n, output: n, node: {type: human, question: Q}}", "work.node.type: unknown type"),
        (
            "{type: parallel, items: n, output: n, node: {type: llm, prompt: x, output: n}}",
            "work.node.output: the para",
        ),
        (
            "{type: parallel, items: n, output: messages, node: {type: llm}}",
            "work.output: expected a field of type list",
        ),
        ("{type: parallel, items: n, as: n, output: n, node: {type: llm}}", "work.as: expected a name that is no"),
        ("{type: condition, cases: [{when: 'n > 1', to: x}]}", "work.cases.0.to: there is no node x"),
        ("{type: condition, default: x}", "work.default: there is no node x"),
    ],
)
def test_a_node_that_makes_no_sense_is_told(node: str, mistake: str) -> None:
    found = mistakes(one_node(node, "messages: {type: messages}, n: {type: any}"))
    assert any(mistake in item and item.startswith("5:") for item in found), found


def test_cycles_need_a_condition_on_one_edge_only() -> None:
    text = """
        name: loop
        state: {n: {type: integer, default: 0}}
        entry: a
        nodes:
          a: {type: transform, set: {n: n + 1}}
          b: {type: transform, set: {n: n + 1}}
        edges:
          - {from: a, to: b}
          - {from: b, to: a, when: "n < 10"}
          - {from: b, to: END}
    """
    assert define(text).spec.name == "loop"
    endless = text.replace(', when: "n < 10"', "").replace("          - {from: b, to: END}\n", "")
    assert mistakes(endless) == [
        "10:5 edges.1: a cycle without a condition: a → b → a; add a `when` to one of its edges"
    ]


def test_mistakes_are_gathered_and_stand_in_the_order_of_the_text() -> None:
    text = TWO_NODES.replace("to: b, when", "to: c, when").replace("output: label", "output: labl")
    assert [item.partition(" ")[2].partition(":")[0] for item in mistakes(text)] == ["nodes.a.output", "edges.0.to"]


CHILD = """
    name: child
    state: {topic: {type: string}, line: {type: string}}
    entry: write
    nodes: {write: {type: llm, prompt: "{{ topic }}", output: line}}
    edges: [{from: write, to: END}]
"""


def parent(path: str = "child.yaml", given: str = "topic", taken: str = "line") -> str:
    state = "messages: {type: messages}, n: {type: string}"
    node = f"{{type: subworkflow, workflow: {path}, input: {{{given}: n}}, output: {{{taken}: n}}}}"
    return one_node(node, state)


def test_subworkflows_are_reached_at_any_depth_and_count_for_the_digest() -> None:
    middle = one_node("{type: subworkflow, workflow: leaf.yaml}", "topic: {type: string}, line: {type: string}")
    files = {"child.yaml": middle, "leaf.yaml": CHILD}
    found = define(parent(), files)
    assert sorted(found.subworkflows) == ["child.yaml", "leaf.yaml"]
    assert found.digest != define(parent(), {**files, "leaf.yaml": CHILD + "\n"}).digest


def test_a_mistake_in_a_subworkflow_is_told_in_its_own_file() -> None:
    with pytest.raises(Unloadable) as caught:
        define(parent(), {"child.yaml": CHILD.replace("type: llm", "type: lm")})
    assert [(item.file, item.line) for item in caught.value.problems] == [("child.yaml", 5)]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (parent(path="gone.yaml"), "5:39 nodes.work.workflow: The workflow file gone.yaml does not exist."),
        (parent(given="tpic"), "nodes.work.input.tpic: the state of child has no field tpic; it has: topic, line"),
        (parent(taken="lin"), "nodes.work.output.lin: the state of child has no field lin; it has: topic, line"),
    ],
)
def test_what_does_not_fit_a_subworkflow_is_told(text: str, mistake: str) -> None:
    assert any(mistake in found for found in mistakes(text, {"child.yaml": CHILD})), mistakes(
        text, {"child.yaml": CHILD}
    )


def test_a_subworkflow_that_leads_back_to_itself_is_told() -> None:
    itself = one_node("{type: subworkflow, workflow: child.yaml}", "topic: {type: string}, line: {type: string}")
    with pytest.raises(Unloadable) as caught:
        define(parent(), {"child.yaml": itself})
    assert f"circular reference: {PATH} → child.yaml → child.yaml" in str(caught.value.problems[0])


@pytest.mark.parametrize(("depth", "loads"), [(8, True), (9, False)])
def test_files_stand_at_most_eight_deep(depth: int, loads: bool) -> None:
    def resolve(path: str) -> Source:
        number = int(path)
        leaf = one_node("{type: llm}")
        return Source(path, leaf if number == depth else one_node(f'{{type: subworkflow, workflow: "{number + 1}"}}'))

    if loads:
        assert len(parse_definition(resolve("1"), environment={}, resolve=resolve).subworkflows) == depth - 1
        return
    with pytest.raises(Unloadable, match="nested more than 8 levels deep"):
        parse_definition(resolve("1"), environment={}, resolve=resolve)


def test_a_python_graph_brings_its_own_nodes() -> None:
    assert define("name: t\ngraph: my.module:graph\nlimits: {steps: 5}").spec.graph == "my.module:graph"
    assert mistakes("name: t\ngraph: my.module:graph\nentry: a") == [
        "3:1 entry: a Python graph defines this itself; remove this key"
    ]
