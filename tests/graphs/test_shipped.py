"""The workflows that come with Flowdeck: each loads, runs, and says in one comment what it shows."""

import json
from pathlib import Path
from typing import Any

import pytest

from flowdeck.graphs.builder import Built
from flowdeck.graphs.definition import Source, parse_definition
from flowdeck.graphs.models import ModelRegistry
from flowdeck.graphs.providers.local.client import local_model_status
from flowdeck.graphs.tools import ToolRegistry
from tests.graphs.workflows import Session, make, scripted, texts

pytestmark = pytest.mark.anyio

CONFIGS = Path(__file__).parents[2] / "configs"
NAMES = sorted(path.stem for path in (CONFIGS / "workflows").glob("*.yaml"))


def source(path: Path) -> Source:
    return Source(str(path), path.read_text(encoding="utf-8"))


def shipped(name: str, data_dir: Path, *replies: dict[str, Any], models: ModelRegistry | None = None) -> Built:
    definition = parse_definition(
        source(CONFIGS / "workflows" / f"{name}.yaml"),
        environment={},
        resolve=lambda path: source(CONFIGS / "workflows" / path),
    )
    tools = ToolRegistry.load(
        source(CONFIGS / "tools.yaml"), environment={}, python_allow=(), folder=CONFIGS, data_dir=data_dir
    )
    return make(definition, models=models or scripted(*replies), tools=tools)


def test_all_of_them_are_there() -> None:
    assert NAMES == ["chat", "extract", "map_summarize", "plan_execute", "react", "triage"]


@pytest.mark.parametrize("name", NAMES)
def test_each_says_what_it_shows_and_that_the_model_is_small(name: str, tmp_path: Path) -> None:
    first = (CONFIGS / "workflows" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# An example of ")
    assert "135 million parameters" in first
    assert "`model:`" in first
    assert shipped(name, tmp_path).spec.name == name


async def test_triage_sends_what_a_person_approves(tmp_path: Path) -> None:
    session = Session(shipped("triage", tmp_path, {"json": {"label": "complaint"}}, {"text": "Dear customer, sorry."}))
    await session.run("My lamp is broken.")
    (question,) = await session.questions()
    assert question["question"] == "Send this answer?\n\nDear customer, sorry."
    await session.answer(True)
    (sent,) = (tmp_path / "outbox").iterdir()
    assert json.loads(sent.read_text(encoding="utf-8"))["text"] == "Dear customer, sorry."


@pytest.mark.parametrize("label", ["complaint", "other"])
async def test_triage_sends_nothing_else(label: str, tmp_path: Path) -> None:
    session = Session(shipped("triage", tmp_path, {"json": {"label": label}}, {"text": "x"}))
    await session.run("Hi")
    if await session.questions():
        await session.answer(False)
    assert not (tmp_path / "outbox").exists()


async def test_map_summarize_takes_documents_or_the_paragraphs_of_a_message(tmp_path: Path) -> None:
    replies = ({"text": "one"}, {"text": "two"}, {"text": "both"})
    state = await Session(shipped("map_summarize", tmp_path, *replies)).run({"documents": ["a", "b"]})
    assert (sorted(state["summaries"]), state["summary"]) == (["one", "two"], "both")
    session = Session(shipped("map_summarize", tmp_path, *replies))
    assert (await session.run("first\n\n\n\nsecond\n"))["documents"] == ["first", "second"]
    assert (await session.run("third"))["documents"] == ["third"]
    assert (await session.run({"documents": ["fourth"]}))["documents"] == ["fourth"]


async def test_plan_execute_works_off_every_step_and_begins_anew(tmp_path: Path) -> None:
    replies = ({"json": {"steps": ["a", "b"]}}, {"text": "did a"}, {"text": "did b"}, {"text": "done"})
    session = Session(shipped("plan_execute", tmp_path, *replies, *replies))
    for _ in range(2):
        state = await session.run("task")
        assert (state["results"], texts(state)[-1]) == (["did a", "did b"], "ai: done")


async def test_extract_gives_checked_json(tmp_path: Path) -> None:
    contact = {"name": "Ada", "company": "", "email": "a@b.org", "topic": "sums"}
    replies = ({"text": "Ada"}, {"json": contact})
    state = await Session(shipped("extract", tmp_path, *replies)).run("I am Ada, a@b.org.")
    assert state["contact"] == contact


async def test_extract_keeps_nothing_that_does_not_stand_in_the_text(tmp_path: Path) -> None:
    invented = {"name": "Omar", "company": "Northwind", "email": "omar@northwind.com", "topic": "parking"}
    state = await Session(shipped("extract", tmp_path, {"json": invented})).run("Where can I park at Northwind?")
    assert state["contact"] == {"name": None, "company": "Northwind", "email": None, "topic": "parking"}


async def test_react_calls_its_tools(tmp_path: Path) -> None:
    call = {"tool_calls": [{"name": "files", "args": {"query": "projector", "glob": "office.md"}}]}
    state = await Session(shipped("react", tmp_path, call, {"text": "There."})).run("Where?")
    assert "Grace has the projector" in texts(state)[2]
    assert texts(state)[-1] == "ai: There."


@pytest.mark.embedded
@pytest.mark.skipif(local_model_status().engine is None, reason="the embedded model is not installed")
async def test_the_embedded_model_extracts_and_remembers(tmp_path: Path) -> None:
    models = ModelRegistry.load(None, environment={})
    try:
        extract = Session(shipped("extract", tmp_path, models=models))
        text = "Hello, I'm Peter Novak from Skyline Ltd. I need a refund for order 1234. Reach me at peter@skyline.com."
        contact = (await extract.run(text))["contact"]
        assert (contact["name"], contact["email"]) == ("Peter Novak", "peter@skyline.com")
        chat = Session(shipped("chat", tmp_path, models=models))
        assert "Paris" in texts(await chat.run("What is the capital of France?"))[-1]
    finally:
        await models.aclose()
