"""The built-in tools, what they refuse, and how tools.yaml is read."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from flowdeck.errors.base import ToolFailed, Unloadable
from flowdeck.graphs.tool_types.file_search import MAX_FILE_BYTES, MAX_HITS
from flowdeck.graphs.tool_types.registry import TOOL_TYPES
from flowdeck.graphs.tools import ToolRegistry
from flowdeck.yaml_source.located import Source
from tests.graphs.workflows import make, one_node

pytestmark = pytest.mark.anyio

ALL = """
tools:
  calculator: {type: calculator}
  clock: {type: clock}
  files: {type: file_search, root: papers, description: Searches the papers.}
  outbox: {type: outbox}
  add: {type: python, call: "tests.graphs.test_tools:add"}
"""


def add(first: int, second: int = 1) -> int:
    """Adds two whole numbers."""
    return first + second


def load(folder: Path, text: str = ALL) -> ToolRegistry:
    return ToolRegistry.load(
        Source(str(folder / "tools.yaml"), text),
        environment={},
        python_allow=("tests.graphs.test_tools:add",),
        folder=folder,
        data_dir=folder / "data",
    )


async def use(folder: Path, tool: str, key: str = "k", **args: Any) -> JsonValue:
    return await load(folder).get(tool).invoke(args, idempotency_key=key)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 1", "2"),
        ("2 * (3 + 4) - -1", "15"),
        ("0.1 + 0.2", "0.3"),
        ("1 / 3", "0.3333333333333333333333333333"),
        ("100 / 8", "12.5"),
        ("7 // 2", "3"),
        ("-7 // 2", "-4"),
        ("-7 % 3", "2"),
        ("2 ** 200", str(2**200)),
        ("2^10", "1024"),
        ("6 × 7 =", "42"),
        ("10 ** 1000", str(10**1000)),
    ],
)
async def test_the_calculator_is_exact(tmp_path: Path, expression: str, value: str) -> None:
    assert await use(tmp_path, "calculator", expression=expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        "1 / 0",
        "0 ** -1",
        "2 ** 1001",
        "9 ** 9 ** 9",
        "(10 ** 1000) ** 2",
        "__import__('os')",
        "a + 1",
        "'a' * 3",
        "True + 1",
        "[1][0]",
        "1 if 1 else 2",
        "1 < 2",
        "",
        "1 +",
        "(" * 199,
        "1" * 201,
        "1e999999",
        "1 % 0",
        "1 // 0",
    ],
)
async def test_the_calculator_refuses_all_else(tmp_path: Path, expression: str) -> None:
    with pytest.raises(ToolFailed) as caught:
        await use(tmp_path, "calculator", expression=expression)
    assert caught.value.code == "tool_failed"


async def test_the_clock_tells_a_zones_time(tmp_path: Path) -> None:
    told = await use(tmp_path, "clock", timezone="Asia/Shanghai")
    assert isinstance(told, dict)
    assert told["timezone"] == "Asia/Shanghai"
    assert str(told["utc"]).endswith("Z")
    for zone in ("Mars/Olympus", "../../etc/passwd", "/etc/localtime"):
        with pytest.raises(ToolFailed, match="there is no time zone"):
            await use(tmp_path, "clock", timezone=zone)


async def test_files_are_searched_without_regard_to_case(tmp_path: Path) -> None:
    papers = tmp_path / "papers"
    (papers / "deep").mkdir(parents=True)
    (papers / "b.md").write_text("one\nA Needle here\nNEEDLE", encoding="utf-8")
    (papers / "deep" / "a.txt").write_text("no needles", encoding="utf-8")
    hits = [
        {"file": "b.md", "line": 2, "text": "A Needle here"},
        {"file": "b.md", "line": 3, "text": "NEEDLE"},
        {"file": "deep/a.txt", "line": 1, "text": "no needles"},
    ]
    assert await use(tmp_path, "files", query="needle") == {"hits": hits, "more": False}
    assert await use(tmp_path, "files", query="needle", glob="*.txt") == {"hits": hits[2:], "more": False}


async def test_nothing_outside_the_folder_is_found(tmp_path: Path) -> None:
    papers = tmp_path / "papers"
    papers.mkdir()
    (tmp_path / "secret.txt").write_text("needle", encoding="utf-8")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "a.txt").write_text("needle", encoding="utf-8")
    (papers / "link.txt").symlink_to(tmp_path / "secret.txt")
    (papers / "links").symlink_to(tmp_path / "secrets")
    (papers / ".hidden").write_text("needle", encoding="utf-8")
    (papers / "binary").write_bytes(b"needle\x00")
    (papers / "large").write_text("needle" + " " * MAX_FILE_BYTES, encoding="utf-8")
    for glob in ("*", "../*", "../secret.txt", str(tmp_path / "*")):
        assert await use(tmp_path, "files", query="needle", glob=glob) == {"hits": [], "more": False}


@pytest.mark.parametrize(("lines", "more"), [(MAX_HITS, False), (MAX_HITS + 1, True)])
async def test_hits_are_capped_and_it_is_said(tmp_path: Path, lines: int, more: bool) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "a").write_text("needle\n" * lines, encoding="utf-8")
    found = await use(tmp_path, "files", query="needle")
    assert isinstance(found, dict)
    assert (len(found["hits"]), found["more"]) == (MAX_HITS, more)  # type: ignore[arg-type]


async def test_a_message_is_written_once_for_each_key(tmp_path: Path) -> None:
    first = await use(tmp_path, "outbox", key="../a", text="hello", to="ada@example.org")
    again = await use(tmp_path, "outbox", key="../a", text="hello", to="ada@example.org")
    await use(tmp_path, "outbox", key="b", text="hello")
    assert isinstance(first, dict)
    assert isinstance(again, dict)
    assert (first["repeated"], again["repeated"], first["file"] == again["file"]) == (False, True, True)
    assert len(list((tmp_path / "data" / "outbox").iterdir())) == 2


async def test_a_function_is_described_by_itself(tmp_path: Path) -> None:
    tool = load(tmp_path).get("add")
    assert await tool.invoke({"first": 2}, idempotency_key="k") == 3
    parameters = tool.as_langchain()["function"]["parameters"]
    assert tool.description == "Adds two whole numbers."
    assert parameters["properties"] == {"first": {"type": "integer"}, "second": {"type": "integer"}}
    assert parameters["required"] == ["first"]


@pytest.mark.parametrize("args", [{}, {"first": "2"}, {"first": 2, "third": 3}])
async def test_arguments_must_fit_the_schema(tmp_path: Path, args: dict[str, Any]) -> None:
    with pytest.raises(ToolFailed):
        await use(tmp_path, "add", **args)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (
            "tools: {a: {type: nothing}}",
            "tools.yaml:1:19: tools.a.type: unknown type; expected one of calculator, clock",
        ),
        (
            "tools: {a: {type: calculator, root: x}}",
            "tools.a.root: unknown key; expected one of: description, examples",
        ),
        ("tools: {a: {type: file_search}}", "tools.a.root: is missing"),
        ("tools: {a b: {type: clock}}", "tools.a b: string should match pattern"),
        ("tols: {}", "tols: unknown key; did you mean tools?"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_place(tmp_path: Path, text: str, mistake: str) -> None:
    with pytest.raises(Unloadable) as caught:
        load(tmp_path, text)
    assert any(mistake in str(problem) for problem in caught.value.problems), caught.value.problems


def test_an_unknown_tool_is_told_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(
        Unloadable, match=r"Tool x is not configured. The configured tools are: calculator, clock, files, outbox, add"
    ):
        load(tmp_path).get("x")


def test_a_description_of_ones_own_replaces_the_tools(tmp_path: Path) -> None:
    assert load(tmp_path).get("files").description == "Searches the papers."


BROKEN = """
tools:
  calculator: {type: calculator}
  forbidden: {type: python, call: "os:getcwd", description: Where.}
  gone: {type: python, call: "tests.graphs.nowhere:add"}
  lacking: {type: file_search, root: "${NOT_SET}"}
  unfit: {type: python, call: "tests.graphs.test_tools:add", args: {type: objekt}}
  clock: {type: clock}
"""


def broken(folder: Path) -> ToolRegistry:
    return ToolRegistry.load(
        Source("tools.yaml", BROKEN),
        environment={},
        python_allow=("tests.graphs.test_tools", "tests.graphs.nowhere"),
        folder=folder,
        data_dir=folder / "data",
    )


async def test_broken_tools_are_unavailable_and_the_others_work(tmp_path: Path) -> None:
    registry = broken(tmp_path)
    assert registry.names() == ("calculator", "clock")
    assert await registry.get("calculator").invoke({"expression": "1 + 1"}, idempotency_key="k") == "2"
    assert [tool.name for tool in registry.entries()] == [
        *("calculator", "forbidden", "gone", "lacking", "unfit", "clock")
    ]
    reasons = {name: str(tool.problem) for name, tool in registry.unavailable().items()}
    assert list(reasons) == ["forbidden", "gone", "lacking", "unfit"]
    assert reasons["forbidden"].startswith("tools.yaml:4:35: tools.forbidden.call: os:getcwd is not on the operator's")
    assert "tools.yaml:5:" in reasons["gone"]
    assert "cannot be loaded: No module named 'tests.graphs.nowhere'" in reasons["gone"]
    assert reasons["lacking"].endswith("tools.lacking.root: the environment variable NOT_SET is not set")
    assert "tools.unfit.args.type: not a valid JSON schema" in reasons["unfit"]


async def test_only_a_workflow_that_names_a_broken_tool_fails_and_there(tmp_path: Path) -> None:
    registry = broken(tmp_path)
    assert make(one_node("{type: agent, tools: [clock]}"), tools=registry).spec.name == "t"
    for node, field in (
        ("{type: tool, tool: forbidden}", "nodes.work.tool"),
        ("{type: agent, tools: [clock, forbidden]}", "nodes.work.tools.1"),
        ("{type: tool, tools: [forbidden]}", "nodes.work.tools.0"),
    ):
        with pytest.raises(Unloadable) as caught:
            make(one_node(node), tools=registry)
        assert caught.value.code == "tool_unavailable"
        (problem,) = caught.value.problems
        assert (problem.line, problem.field) == (5, field)
        assert "tool forbidden is unavailable: tools.yaml:4:35" in problem.message.lower()


@pytest.mark.parametrize("name", TOOL_TYPES)
def test_each_module_of_the_folder_is_a_tool_type_and_is_documented(name: str) -> None:
    assert Path(str(import_module(f"flowdeck.graphs.tool_types.{name}").__file__)).stem == name
    assert f"`{name}`" in (Path(__file__).parents[2] / "docs" / "workflows.md").read_text(encoding="utf-8")
