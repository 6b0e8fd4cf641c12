"""What YAML is read, what is refused, and that each mistake has its place."""

import pytest

from flowdeck.errors.base import Unloadable
from flowdeck.yaml_source.located import Source, scalar
from flowdeck.yaml_source.reading import read_yaml
from flowdeck.yaml_source.variables import expand_variables


def refusals(text: str) -> list[str]:
    with pytest.raises(Unloadable) as caught:
        read_yaml(Source("a.yaml", text))
    assert caught.value.code == "definition_invalid"
    return [str(problem) for problem in caught.value.problems]


def test_every_value_knows_its_place() -> None:
    located = read_yaml(Source("a.yaml", "a: 1\nb:\n  - x\n  - {c: yes}\n"))
    assert located.value == {"a": 1, "b": ["x", {"c": "yes"}]}
    assert (located.place(("b", 1, "c")).line, located.place(("b", 1, "c")).column) == (4, 9)
    assert located.place(("b", 1, "nowhere")) == located.place(("b", 1))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("yes", "yes"),
        ("off", "off"),
        ("~", None),
        ("1_000", "1_000"),
        ("0x1f", 31),
        ("0o17", 15),
        ("-7", -7),
        ("1e3", 1000.0),
        (".5", 0.5),
        (".inf", ".inf"),
        ("2024-01-31", "2024-01-31"),
        ("12:30:45", "12:30:45"),
        (str(2**63), str(2**63)),
        (str(2**63 - 1), 2**63 - 1),
    ],
)
def test_plain_scalars_are_typed_by_the_core_schema(text: str, value: object) -> None:
    assert scalar(text) == value
    assert read_yaml(Source("a.yaml", f"a: {text}")).value == {"a": value}


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", "a.yaml:1:1: the text is empty; expected a mapping"),
        ("- a", "a.yaml:1:1: expected a mapping at the top level"),
        ("a: 1\nb: {a: 1, a: 2}", "a.yaml:2:11: b.a: duplicate key; the first is on line 2"),
        ("a: !x 5", "a.yaml:1:4: tags are not supported: !x"),
        (
            "a: !!python/object/apply:os.system [ls]",
            "a.yaml:1:4: tags are not supported: !!python/object/apply:os.system",
        ),
        ("a: !!set {x}", "a.yaml:1:4: tags are not supported: !!set"),
        ("a: !!int x", "a.yaml:1:4: a: 'x' is not a valid !!int"),
        ("a: 1\n<<: {b: 1}", "a.yaml:2:1: merge keys (<<) are not supported; write the keys out"),
        ("1: a", "a.yaml:1:1: keys must be text; put '1' in quotes"),
        ("? [a]\n: 1", "a.yaml:1:3: keys must be text"),
        ("a: \x00", "a.yaml:1:4: the character U+0000 is not allowed in YAML"),
        ("a: 1\nb: \x1b[31m", "a.yaml:2:4: the character U+001B is not allowed in YAML"),
        ("a: 1\n---\nb: 2", "a.yaml:2:1: expected a single document in the stream, but found another document"),
        ("a: [1, 2", "a.yaml:2:1: while parsing a flow sequence, did not find expected ',' or ']'"),
        ("a: &x [*x]", "nested more than 50 levels deep"),
        ("a: " + "[" * 100_000, "a.yaml:1:53: nested more than 50 levels deep"),
        ("- " * 100_000, "nested more than 50 levels deep"),
    ],
)
def test_what_is_no_plain_mapping_is_refused_with_its_place(text: str, refusal: str) -> None:
    assert refusals(text)[0].endswith(refusal)


def test_several_mistakes_are_told_at_once() -> None:
    assert len(refusals("a: 1\na: 2\n3: x\nb: {c: 1, c: 2}")) == 3


def test_tags_of_the_core_schema_may_be_written_out() -> None:
    assert read_yaml(Source("a.yaml", "a: !!str 5\nb: !!int '5'")).value == {"a": "5", "b": 5}


def test_aliases_are_read_and_bombs_of_them_are_not() -> None:
    assert read_yaml(Source("a.yaml", "a: &x {k: 1}\nb: *x")).value == {"a": {"k": 1}, "b": {"k": 1}}
    bomb = "a0: &a0 [1,1,1,1,1,1,1,1,1]\n"
    bomb += "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    assert "more than 10000 values" in refusals(bomb)[-1]


def test_ten_thousand_values_are_the_most() -> None:
    inside = "a: [" + "1," * 9997 + "1]"  # with the list and the mapping: 10,000
    assert read_yaml(Source("a.yaml", inside)).value
    assert "more than 10000 values" in refusals(inside.replace("[", "[1,"))[0]


def test_variables_are_filled_in_and_plain_ones_take_their_type() -> None:
    text = 'a: ${N:50}\nb: "${N:50}"\nc: x-${HOST}\nd: $${HOST}\ne: [{f: "${HOST:none}"}]'
    expanded = read_yaml(Source("a.yaml", text)).expanded({"HOST": "h"})
    assert expanded.value == {"a": 50, "b": "50", "c": "x-h", "d": "${HOST}", "e": [{"f": "h"}]}


def test_a_value_from_the_environment_brings_no_structure() -> None:
    expanded = read_yaml(Source("a.yaml", 'a: "${X}"')).expanded({"X": '"}\nb: [1]\n${Y}'})
    assert expanded.value == {"a": '"}\nb: [1]\n${Y}'}


def test_every_missing_variable_is_told_with_its_place() -> None:
    with pytest.raises(Unloadable) as caught:
        read_yaml(Source("a.yaml", 'a: ${ONE}\nb: {c: "x${TWO}"}')).expanded({})
    assert caught.value.code == "environment_variable_missing"
    assert [str(problem) for problem in caught.value.problems] == [
        "a.yaml:1:4: a: the environment variable ONE is not set",
        "a.yaml:2:8: b.c: the environment variable TWO is not set",
    ]


@pytest.mark.parametrize(
    ("text", "environment", "value"),
    [
        ("<${X:}>", {}, "<>"),
        ("${X:a}", {"X": ""}, ""),
        ("${X-a}", {}, "a"),
        ("${X-a}", {"X": ""}, ""),
        ("${X:-a}", {}, "a"),
        ("${X:-a}", {"X": ""}, "a"),
        ("${X:-a}", {"X": "b"}, "b"),
        ("${X:-}", {}, ""),
        ("${X:--5}", {}, "-5"),
        ("${X?why}", {"X": ""}, ""),
        ("${X:?why}", {"X": "b"}, "b"),
        ("$${X:-a} $X ${1}", {}, "${X:-a} $X ${1}"),
    ],
)
def test_a_reference_is_read_as_a_shell_reads_it(text: str, environment: dict[str, str], value: str) -> None:
    assert expand_variables(text, environment) == value


@pytest.mark.parametrize(
    ("text", "environment", "reason"),
    [
        ("${X}", {}, "the environment variable X is not set"),
        ("${X?}", {}, "the environment variable X is not set"),
        ("${X?ask the operator}", {}, "the environment variable X is not set: ask the operator"),
        ("${X:?ask the operator}", {"X": ""}, "the environment variable X is empty: ask the operator"),
    ],
)
def test_a_missing_variable_brings_its_message(text: str, environment: dict[str, str], reason: str) -> None:
    with pytest.raises(Unloadable) as caught:
        read_yaml(Source("a.yaml", f'a: "{text}"')).expanded(environment)
    assert [str(problem) for problem in caught.value.problems] == [f"a.yaml:1:4: a: {reason}"]
    assert caught.value.params["variable"] == "X"


TABS = "YAML does not allow tabs for indentation; use spaces"
QUOTES = 'put quotes around text that begins with a brace, such as "{{ name }}"'


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a:\n\tb: 1", "2:1", TABS),
        ("a:\n  b: 1\n\tc: 2", "3:1", TABS),
        ("a:\n  b:\n    c: 1\n  \td: 2\n", "4:3", TABS),
        ("a: {{ x }}", "1:4: a", QUOTES),
        ("a:\n  - {{ x.y | upper }}\n", "2:5: a.0", QUOTES),
        ("a: {b: {{ x }}, c: 1}", "1:8: a.b", QUOTES),
        ("a: 1\nb: {{ x }} more\nc: 1", "2:4", QUOTES),
        ("a: {{ x.y[0] }}\nb: 2", "1:4", QUOTES),
        ("a: {{ x }}: {{ y }}", "1:4", QUOTES),
        ("a: {% if x %}y{% endif %}\n", "1:4", QUOTES),
        ("a: {b: ${X}}", "1:8", 'put quotes around a reference inside braces or brackets: "${VARIABLE}"'),
        ("a: [${X}]", "1:5", 'put quotes around a reference inside braces or brackets: "${VARIABLE}"'),
    ],
)
def test_usual_slips_are_told_with_their_cure(text: str, place: str, message: str) -> None:
    (refusal,) = refusals(text)
    assert refusal.startswith(f"a.yaml:{place}: {message}"), refusal


def test_tabs_and_braces_that_are_right_are_left_alone() -> None:
    text = 'a: "{{ x }}"\nb: |\n  one\n  \ttwo\nc: {d: {e: 1}}\nd:\t1\ne: "x {% y %}"\n'
    assert read_yaml(Source("a.yaml", text)).value == {
        "a": "{{ x }}",
        "b": "one\n\ttwo\n",
        "c": {"d": {"e": 1}},
        "d": 1,
        "e": "x {% y %}",
    }
