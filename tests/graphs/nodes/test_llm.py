"""llm nodes: what the model is sent, and where its answer goes."""

from typing import Any

import pytest

from flowdeck.errors.base import ProviderFailed, RunFailed
from tests.graphs.workflows import Session, make, one_node, remote, scripted, texts
from tests.openai_server import Reply

pytestmark = pytest.mark.anyio

SCHEMA = "schema: {type: object, properties: {label: {enum: [a, b]}, why: {type: string}}, required: [label]}"
FIELDS = "messages: {type: messages}, label: {type: any}, why: {type: string, default: none}"


async def test_the_answer_is_appended_to_the_messages() -> None:
    session = Session(make(one_node("{type: llm}"), {"text": "hello"}, {"text": "again"}))
    assert texts(await session.run("hi")) == ["human: hi", "ai: hello"]
    assert texts(await session.run("hm")) == ["human: hi", "ai: hello", "human: hm", "ai: again"]


async def test_output_takes_the_text_instead() -> None:
    state = await Session(make(one_node("{type: llm, output: label}", FIELDS), {"text": "hello"})).run("hi")
    assert state["label"] == "hello"
    assert texts(state) == ["human: hi"]


async def test_append_puts_it_into_both() -> None:
    state = await Session(make(one_node("{type: llm, output: label, append: true}", FIELDS), {"text": "x"})).run("hi")
    assert (state["label"], texts(state)) == ("x", ["human: hi", "ai: x"])


async def test_a_schema_gives_json_and_a_mapping_spreads_it() -> None:
    whole = one_node(f"{{type: llm, {SCHEMA}, output: label}}", FIELDS)
    assert (await Session(make(whole, {"json": {"label": "a"}})).run("x"))["label"] == {"label": "a"}
    spread = one_node(f"{{type: llm, {SCHEMA}, output: {{label: label, why: why}}}}", FIELDS)
    state = await Session(make(spread, {"json": {"label": "a"}})).run("x")
    assert (state["label"], state["why"]) == ("a", "none")


@pytest.mark.parametrize("text", ['```json\n{"label": "a"}\n```', ' {"label": "a"}\n'])
async def test_json_in_a_code_block_is_read(text: str) -> None:
    built = make(one_node(f"{{type: llm, {SCHEMA}, output: {{label: label}}}}", FIELDS), {"text": text})
    assert (await Session(built).run("x"))["label"] == "a"


async def test_an_answer_that_does_not_fit_is_asked_for_again_and_told_why() -> None:
    async with remote(Reply('{"label": "z"}'), Reply("not json"), Reply('{"label": "b"}')) as (server, models):
        built = make(one_node(f"{{type: llm, {SCHEMA}, output: {{label: label}}}}", FIELDS), models=models)
        assert (await Session(built).run("x"))["label"] == "b"
        last: list[dict[str, Any]] = server.requests[-1].body["messages"]
    assert [message["role"] for message in last[-5:]] == ["user", "assistant", "user", "assistant", "user"]
    assert "'z' is not one of ['a', 'b']" in last[-3]["content"]
    assert "not JSON" in last[-1]["content"]


async def test_after_the_last_attempt_the_run_fails() -> None:
    node = f"{{type: llm, {SCHEMA}, output: label, attempts: 2}}"
    built = make(one_node(node, FIELDS), {"text": "x"}, {"text": "NaN"}, {"json": {"label": "a"}})
    with pytest.raises(RunFailed) as caught:
        await Session(built).run("x")
    assert caught.value.code == "output_invalid"
    assert caught.value.params["node"] == "work"


async def test_system_examples_and_prompt_are_sent_in_this_order() -> None:
    node = (
        '{type: llm, system: "For {{ agent.who }}.",'
        ' prompt: "Q: {{ messages[-1].content }} {{ turns }} {{ run.run_id }}",'
        " examples: [{user: u, assistant: v}], max_tokens: 7}"
    )
    async with remote(Reply("ok")) as (server, models):
        await Session(make(one_node(node), models=models), {"who": "Ada", "temperature": 0.5}).run("{{ 1 }}")
        body = server.requests[0].body
    assert [(message["role"], message["content"]) for message in body["messages"]] == [
        ("system", "For Ada."),
        ("user", "u"),
        ("assistant", "v"),
        ("user", "Q: {{ 1 }} 0 run-1"),
    ]
    assert (body["max_completion_tokens"] if "max_completion_tokens" in body else body["max_tokens"]) == 7
    assert body["temperature"] == 0.5


async def test_the_sessions_settings_are_for_nodes_that_set_none() -> None:
    node = "{type: llm, model: %s, temperature: 0.1, system: mine}"
    text = one_node(node % "default")
    assert texts(await Session(make(text, {"text": "first"}), {"model": "other"}).run("x"))[-1] == "ai: other"
    named = make(one_node(node % "other"), {"text": "first"})
    assert texts(await Session(named, {"model": "default"}).run("x"))[-1] == "ai: other"
    async with remote(Reply("ok")) as (server, models):
        await Session(make(text, models=models), {"temperature": 0.9, "system": "theirs", "seed": 7}).run("x")
        body = server.requests[0].body
    assert (body["temperature"], body["seed"], body["messages"][0]["content"]) == (0.1, 7, "mine")


async def test_tools_are_offered_and_calls_go_to_the_messages() -> None:
    text = """
        name: t
        entry: ask
        nodes:
          ask: {type: llm, tools: [calculator]}
          act: {type: tool}
        edges:
          - {from: ask, to: act, when: "has(last.tool_calls)"}
          - {from: ask, to: END}
          - {from: act, to: ask}
    """
    call = {"tool_calls": [{"name": "calculator", "args": {"expression": "6*7"}}]}
    state = await Session(make(text, call, {"text": "42 it is"})).run("6*7?")
    assert texts(state) == ["human: 6*7?", "ai: ", "tool: 42", "ai: 42 it is"]


async def test_a_failing_provider_is_tried_again_where_the_node_says_so() -> None:
    down = {"error": {"status": 503, "message": "down"}}
    models = scripted(down, {"text": "up"}, retries=0)
    node = "{type: llm, retry: {attempts: 2, backoff: 1ms}}"
    assert texts(await Session(make(one_node(node), models=models)).run("x"))[-1] == "ai: up"
    with pytest.raises(ProviderFailed):
        await Session(make(one_node("{type: llm}"), models=scripted(down, {"text": "up"}, retries=0))).run("x")


async def test_a_template_that_fails_names_the_node() -> None:
    with pytest.raises(RunFailed) as caught:
        await Session(make(one_node('{type: llm, prompt: "{{ label.x }}"}', FIELDS))).run("x")
    assert (caught.value.code, caught.value.params["node"]) == ("template_failed", "work")
