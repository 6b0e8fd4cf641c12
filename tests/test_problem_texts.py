"""Problems in Chinese: the catalogue has what Flowdeck says, and what its libraries say of a text."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import flowdeck
from flowdeck.errors.base import Problem, Unloadable
from flowdeck.problem_texts import CHINESE, chinese
from tests.graphs.workflows import define

PACKAGE = Path(flowdeck.__file__).parent
SOURCES = tuple(PACKAGE / name for name in ("graphs", "yaml_source", "engine", "managers", "api"))
MAKERS = frozenset({"problem", "_problem", "_mistake", "_refusal", "Problem", "ValueError"})
NAMED = frozenset({"message", "fault"})
# People do not read the ValueErrors of these: models read the first three, in English, and the last is for callers.
NOT_FOR_PEOPLE = frozenset({"json_text.py", "calculator.py", "clock.py", "time_series_manager.py"})


def texts_of(source: Path) -> Iterator[str]:
    """The texts of problems that stand in a source, with `x` for what is filled in."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in MAKERS:
            given = (*node.args, *(one.value for one in node.keywords if one.arg == "message"))
            yield from (text for one in given for text in _texts(one))
        if isinstance(node, ast.Assign) and any(getattr(one, "id", "") in NAMED for one in node.targets):
            yield from _texts(node.value)


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
    elif isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))


def sayings() -> list[str]:
    found = {
        text
        for root in SOURCES
        for source in root.rglob("*.py")
        if source.name not in NOT_FOR_PEOPLE
        for text in texts_of(source)
    }
    return sorted(text for text in found if " " in text and re.search(r"[a-z]{3}", text))


@pytest.mark.parametrize("text", sayings())
def test_what_flowdeck_says_of_a_text_is_in_the_catalogue(text: str) -> None:
    assert chinese(text) != text


@pytest.mark.parametrize("english", CHINESE)
def test_a_chinese_text_quotes_nothing_that_the_english_one_does_not(english: str) -> None:
    quoted = re.compile(r"\{_?[a-z]+\}")
    assert set(quoted.findall(CHINESE[english])) <= set(quoted.findall(english))


FAULTY = {
    "a tab": "name: x\nnodes:\n\ta: 1\n",
    "a colon missing": "name: x\nnodes\n",
    "a bracket open": "name: [x\n",
    "a quote open": 'name: "x\n',
    "an alias": "name: *x\n",
    "a list for a mapping": "name: x\nnodes: [a]\n",
    "an unknown key": "name: x\nnods: {}\n",
    "an unknown type": "name: x\nentry: a\nnodes: {a: {type: zzz}}\n",
    "a wrong number": "name: x\nentry: a\nnodes: {a: {type: llm, temperature: 9}}\n",
    "a word for a number": "name: x\nentry: a\nnodes: {a: {type: llm, attempts: many}}\n",
    "no node": "name: x\n",
    "an unknown edge": "name: x\nentry: a\nnodes: {a: {type: llm}}\nedges: [{from: a, to: b}]\n",
    "a broken expression": "name: x\nentry: a\nnodes: {a: {type: transform, set: {messages: '1 +'}}}\n",
    "a broken template": "name: x\nentry: a\nnodes: {a: {type: llm, prompt: '{{ x'}}\nedges: [{from: a, to: END}]\n",
    "an unknown filter": (
        "name: x\nentry: a\nnodes: {a: {type: llm, prompt: '{{ messages | uper }}'}}\nedges: [{from: a, to: END}]\n"
    ),
    "a variable that is required": (
        "name: x\nentry: a\nnodes: {a: {type: llm, system: '${FLOWDECK_NO_SUCH:?write it}'}}\n"
        "edges: [{from: a, to: END}]\n"
    ),
    "a long name": f"name: {'x' * 200}\nentry: a\nnodes: {{a: {{type: llm}}}}\nedges: [{{from: a, to: END}}]\n",
}


@pytest.mark.parametrize("text", FAULTY.values(), ids=FAULTY)
def test_a_faulty_workflow_is_told_in_chinese(text: str) -> None:
    with pytest.raises(Unloadable) as refused:
        define(text)
    assert refused.value.problems
    for problem in refused.value.problems:
        assert problem.text("zh") != problem.message, problem.message
    if refused.value.code == "definition_invalid":
        assert refused.value.problems[0].text("zh") in refused.value.detail("zh")


def test_a_text_that_the_catalogue_does_not_have_stays_english() -> None:
    assert chinese("something new") == "something new"
    assert Problem("is missing", "a").sentence("zh") == "a: 缺失"
