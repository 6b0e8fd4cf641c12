"""Messages that models, tools and graphs add: blocks, media, odd roles, replaced messages, partial replies.

The file is long because all cases compare the history with the same state.
"""

import asyncio
import base64
import json
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, FunctionMessage, HumanMessage, RemoveMessage
from langchain_openai import ChatOpenAI
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import REMOVE_ALL_MESSAGES, add_messages
from langgraph.types import Overwrite
from pydantic import SecretStr
from sqlalchemy import func, select

from flowdeck.api.export_formats import LAYOUTS
from flowdeck.api.models.responses import MessageResponse
from flowdeck.errors.base import Invalid, TooLarge
from flowdeck.events.types import LiveEvent, StoredEvent
from flowdeck.settings import MediaSettings, WorkflowSettings
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import MediaRow, MediaUseRow, MessageRow, ModelCallRow
from tests.protocols import Answer, ProtocolServer, Said, anthropic_answer, openai_answer
from tests.workbench import Bench, SettableClock, Workbench

pytestmark = pytest.mark.anyio

ALLOWED = WorkflowSettings(python_allow=(__name__,))
PNG = b"\x89PNG\r\n\x1a\n" + b"pixel"
PIXEL = base64.b64encode(PNG).decode()
IMAGE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
AGENT = """
    name: helper
    nodes: {work: {type: agent, tools: [calculator, letter]}}
    entry: work
    edges: [{from: work, to: END}]
"""
LETTERS: list[tuple[str, str]] = []


def letter(text: str, idempotency_key: str) -> str:
    """Sends a letter."""
    LETTERS.append((text, idempotency_key))
    return f"sent {text}"


def tools(workbench: Workbench) -> None:
    LETTERS.clear()
    workbench.write(
        "tools.yaml",
        f"tools: {{calculator: {{type: calculator}}, letter: {{type: python, call: '{__name__}:letter'}}}}",
    )


def provider(workbench: Workbench, server: ProtocolServer, kind: str = "openai_compatible") -> None:
    url = server.base_url if kind == "anthropic" else f"{server.base_url}/v1"
    workbench.write(
        "models.yaml",
        f"models: {{default: {{provider: {kind}, model: m, base_url: '{url}', api_key: '${{KEY}}', retries: 0}}}}",
    )


async def rows(bench: Bench, session_id: str) -> list[MessageRow]:
    async with bench.container.database.read(LOCAL) as tx:
        query = select(MessageRow).where(MessageRow.session_id == session_id).order_by(MessageRow.seq)
        return list((await tx.scalars(query)).all())


async def calls(bench: Bench) -> list[ModelCallRow]:
    async with bench.container.database.read(LOCAL) as tx:
        return list((await tx.scalars(select(ModelCallRow).order_by(ModelCallRow.seq))).all())


# -- agents


async def test_an_anthropic_agent_with_an_image_and_two_tools_answers_over_a_restart(workbench: Workbench) -> None:
    tools(workbench)
    first = Said(
        "I send.", reasoning="Hm.", calls=[("t1", "letter", '{"text": "a"}'), ("t2", "letter", '{"text": "b"}')]
    )
    with ProtocolServer([anthropic_answer(first), Answer(ending="hang"), anthropic_answer(Said("Done."))]) as server:
        provider(workbench, server, "anthropic")
        workbench.write("workflows/helper.yaml", AGENT)
        message = {"role": "user", "content": [{"type": "text", "text": "What is it?"}, IMAGE]}
        async with workbench.open(workflows=ALLOWED, environment={"KEY": "k"}) as bench:
            session_id = await bench.session("helper")
            started = await bench.container.run_service.start(LOCAL, session_id, {"messages": [message]})
            while len(server.requests) < 2:
                await asyncio.sleep(0.01)
        async with workbench.open(workflows=ALLOWED, environment={"KEY": "k"}) as bench:
            run = await bench.container.run_service.wait(LOCAL, started)
            assert run.status == "succeeded", run.error
            shown = await rows(bench, session_id)
    assert [(row.type, row.content) for row in shown] == [
        ("user", "What is it?"),
        ("assistant", "I send."),
        ("tool", "sent a"),
        ("tool", "sent b"),
        ("assistant", "Done."),
    ]
    assert sorted(text for text, _ in LETTERS) == ["a", "b"]
    image = shown[0].details["blocks"][1]  # type: ignore[index]
    assert (image["type"], image["mime_type"], image["bytes"]) == ("image", "image/png", len(PNG))
    assert shown[1].details["reasoning"] == "Hm."  # type: ignore[index]
    last = server.requests[-1]["messages"]
    assert last[0]["content"][1]["source"] == {"type": "base64", "media_type": "image/png", "data": PIXEL}
    assert [block["type"] for block in last[1]["content"]] == ["thinking", "text", "tool_use", "tool_use"]
    assert [block["tool_use_id"] for block in last[2]["content"]] == ["t1", "t2"]


async def test_a_call_that_was_cut_is_not_executed_and_the_model_learns_why(workbench: Workbench) -> None:
    tools(workbench)
    cut = Said(calls=[("c1", "letter", '{"text": "Pay 1')], end="length")
    with ProtocolServer([openai_answer(cut), openai_answer(Said("I could not."))]) as server:
        provider(workbench, server)
        workbench.write("workflows/helper.yaml", AGENT)
        async with workbench.open(workflows=ALLOWED, environment={"KEY": "k"}) as bench:
            session_id = await bench.session("helper")
            assert (await bench.run(session_id, "Pay 100")).status == "succeeded"
            assert [call.end_reason for call in await calls(bench)] == ["length", "stop"]
            shown = await rows(bench, session_id)
        told = server.requests[1]["messages"][-1]
    assert LETTERS == []
    assert told["role"] == "tool"
    assert "max_tokens" in told["content"]
    assert shown[1].details["invalid_tool_calls"][0]["args"] == '{"text": "Pay 1'  # type: ignore[index]
    assert shown[2].details["status"] == "error"  # type: ignore[index]


NODES = """
    name: nodes
    nodes:
      work: {type: llm, tools: [letter]}
      do: {type: tool}
    entry: work
    edges:
      - {from: work, to: do, when: has(last.tool_calls)}
      - {from: work, to: END}
      - {from: do, to: work}
"""


@pytest.mark.parametrize(
    "said",
    [
        Said(calls=[("c1", "letter", '{"text": "Pay 1')], end="length"),
        Said(calls=[("c1", "letter", '["Pay 1"]')]),
    ],
    ids=["cut", "list"],
)
async def test_a_tool_node_answers_the_calls_that_it_does_not_execute(workbench: Workbench, said: Said) -> None:
    tools(workbench)
    with ProtocolServer([openai_answer(said), openai_answer(Said("I could not."))]) as server:
        provider(workbench, server)
        workbench.write("workflows/nodes.yaml", NODES)
        async with workbench.open(workflows=ALLOWED, environment={"KEY": "k"}) as bench:
            session_id = await bench.session("nodes")
            assert (await bench.run(session_id, "Pay 100")).status == "succeeded"
            assert (await bench.history(session_id))[-1] == ("assistant", "I could not.")
        told = server.requests[1]["messages"][-1]
    assert LETTERS == []
    assert (told["role"], "not executed" in told["content"]) == ("tool", True)


@pytest.mark.parametrize("workflow", ["nodes", "helper"])
async def test_a_cut_call_fails_a_node_that_accepts_no_incomplete_reply(workbench: Workbench, workflow: str) -> None:
    tools(workbench)
    cut = Said(calls=[("c1", "letter", '{"text": "Pay 1')], end="length")
    with ProtocolServer([openai_answer(cut)]) as server:
        provider(workbench, server)
        strict = "letter], on_incomplete: fail}"
        workbench.write("workflows/nodes.yaml", NODES.replace("letter]}", strict))
        workbench.write("workflows/helper.yaml", AGENT.replace("letter]}", strict))
        async with workbench.open(workflows=ALLOWED, environment={"KEY": "k"}) as bench:
            run = await bench.run(await bench.session(workflow), "Pay 100")
    assert (run.status, (run.error or {})["code"]) == ("failed", "reply_cut_off")
    assert LETTERS == []


@pytest.mark.parametrize("args", ['["1+1"]', "null", "{text: hi}", "not json"])
async def test_arguments_that_are_no_object_are_a_failed_call_and_the_session_goes_on(
    workbench: Workbench, args: str
) -> None:
    tools(workbench)
    with ProtocolServer(
        [
            openai_answer(Said(calls=[("c1", "letter", args)])),
            openai_answer(Said("Sorry.")),
            openai_answer(Said("Yes.")),
        ]
    ) as server:
        provider(workbench, server)
        workbench.write("workflows/helper.yaml", AGENT)
        async with workbench.open(workflows=ALLOWED, environment={"KEY": "k"}) as bench:
            session_id = await bench.session("helper")
            assert (await bench.run(session_id, "Send")).status == "succeeded"
            assert (await bench.run(session_id, "Again")).status == "succeeded"
            assert [content for _, content in await bench.history(session_id)][-3:] == ["Sorry.", "Again", "Yes."]


async def test_two_calls_without_ids_are_two_letters_with_two_keys(workbench: Workbench) -> None:
    tools(workbench)
    said = Said(calls=[("", "letter", '{"text": "a"}'), ("", "letter", '{"text": "b"}')])
    with ProtocolServer([openai_answer(said), openai_answer(Said("Done."))]) as server:
        provider(workbench, server)
        workbench.write("workflows/helper.yaml", AGENT)
        async with workbench.open(workflows=ALLOWED, environment={"KEY": "k"}) as bench:
            assert (await bench.run(await bench.session("helper"), "Send")).status == "succeeded"
    assert sorted(text for text, _ in LETTERS) == ["a", "b"]
    assert len({key for _, key in LETTERS}) == 2


async def test_usage_is_the_last_count_and_what_is_missing_is_estimated(workbench: Workbench) -> None:
    cumulative = [openai_answer(Said("Hello", usage=usage)).pieces for usage in ((35, 1), (35, 4))]
    answer = Answer([*cumulative[0][:-1], cumulative[1][-2], cumulative[1][-1]])
    with ProtocolServer([answer, openai_answer(Said("Hello there", usage=(0, 0)))]) as server:
        provider(workbench, server)
        async with workbench.open(environment={"KEY": "k"}) as bench:
            for _ in range(2):
                assert (await bench.run(await bench.session(), "Hi")).status == "succeeded"
            first, second = await calls(bench)
    assert (first.prompt_tokens, first.completion_tokens, first.estimated) == (35, 4, False)
    assert second.estimated
    assert (second.prompt_tokens or 0) > 0
    assert (second.completion_tokens or 0) > 0


async def test_a_call_that_was_too_slow_is_recorded_as_a_timeout(workbench: Workbench) -> None:
    with ProtocolServer([Answer(openai_answer(Said("Hello", end=None)).pieces, ending="hang")]) as server:
        workbench.write(
            "models.yaml",
            f"models: {{default: {{provider: openai_compatible, model: m, base_url: '{server.base_url}/v1', "
            "retries: 0, timeout: 300ms}}",
        )
        async with workbench.open() as bench:
            run = await bench.run(await bench.session(), "Hi")
            (call,) = await calls(bench)
    assert run.error is not None
    assert run.error["code"] == "provider_timeout"
    assert call.error is not None
    assert call.error["code"] == "provider_timeout"


# -- reasoning


async def test_reasoning_streams_as_its_own_kind_and_stays_out_of_the_output(workbench: Workbench) -> None:
    said = Said('{"label": "x"}', reasoning="Let me see.")
    with ProtocolServer([openai_answer(said), openai_answer(Said("<think>Hm.</think>\n\nParis."))]) as server:
        provider(workbench, server)
        workbench.write(
            "workflows/label.yaml",
            """
            name: label
            state: {messages: {type: messages}, label: {type: string}, text: {type: string}}
            nodes:
              sort:
                {type: llm, schema: {type: object, required: [label]}, output: {label: label}}
              say: {type: llm, output: text, append: true}
            entry: sort
            edges: [{from: sort, to: say}, {from: say, to: END}]
            """,
        )
        async with workbench.open(environment={"KEY": "k"}) as bench:
            session_id = await bench.session("label")
            events = await bench.events(await bench.container.run_service.start(LOCAL, session_id, "Hi"))
            assert (await bench.values(session_id))["text"] == "Paris."
            assert (await bench.values(session_id))["label"] == "x"
            (shown,) = [row for row in await rows(bench, session_id) if row.type == "assistant"]
    tokens = [event.make_data() for event in events if isinstance(event, LiveEvent) and event.type == "token"]
    assert "".join(one["reasoning"] for one in tokens) == "Let me see.Hm."
    assert {one["kind"] for one in tokens} == {"text", "reasoning"}
    assert "Let me see." not in "".join(one["text"] for one in tokens)
    assert (shown.content, (shown.details or {})["reasoning"]) == ("Paris.", "Hm.")


# -- incomplete replies


@pytest.mark.parametrize(
    ("node", "end", "code"),
    [
        ("{type: llm}", "length", None),
        ("{type: llm, on_incomplete: fail}", "length", "reply_cut_off"),
        ("{type: llm, on_incomplete: fail}", "content_filter", "reply_incomplete"),
        ("{type: agent, on_incomplete: fail}", "content_filter", "reply_incomplete"),
        ("{type: llm, schema: {type: object}, output: out}", "length", "reply_cut_off"),
        ("{type: llm, schema: {type: object}, output: out, on_incomplete: accept}", "length", "reply_cut_off"),
    ],
)
async def test_what_an_incomplete_reply_means(workbench: Workbench, node: str, end: str, code: str | None) -> None:
    with ProtocolServer([openai_answer(Said('{"a": ', end=end))]) as server:
        provider(workbench, server)
        workbench.write(
            "workflows/short.yaml",
            f"name: short\nstate: {{messages: {{type: messages}}, out: {{type: any}}}}\nentry: say\n"
            f"nodes: {{say: {node}}}\nedges: [{{from: say, to: END}}]\n",
        )
        async with workbench.open(environment={"KEY": "k"}) as bench:
            run = await bench.run(await bench.session("short"), "Hi")
            assert len(server.requests) == 1  # it is not requested again in the same way
            (call,) = await calls(bench)
    assert (None if run.error is None else run.error["code"]) == code
    assert call.provider_end_reason == end


# -- what a person stops


async def test_a_stopped_reply_is_kept_as_partial_and_not_in_the_state(workbench: Workbench) -> None:
    begun = openai_answer(Said("Once upon a time", end=None)).pieces
    with ProtocolServer([Answer(begun, ending="hang"), openai_answer(Said("Yes."))]) as server:
        provider(workbench, server)
        async with workbench.open(environment={"KEY": "k"}) as bench:
            session_id = await bench.session()
            started = await bench.container.run_service.start(LOCAL, session_id, "Tell me")
            while not bench.container.bus._drafts.of(session_id):
                await asyncio.sleep(0.01)
            while bench.container.bus._drafts.of(session_id)[0].make_data()["text"] != "Once upon a time":
                await asyncio.sleep(0.01)
            await bench.container.run_service.cancel(LOCAL, started.run.run_id)
            assert (await bench.container.run_service.wait(LOCAL, started)).status == "cancelled"
            events = [event for event in await bench.log(session_id) if event.type == "message"]
            assert (await bench.run(session_id, "And?")).status == "succeeded"
            shown = await rows(bench, session_id)
        sent = server.requests[1]["messages"]
    assert events[-1].data["message"] == {
        "id": shown[1].message_id,
        "type": "assistant",
        "content": "Once upon a time",
        "partial": True,
    }
    assert [(row.content, row.discarded_at is not None) for row in shown] == [
        ("Tell me", False),
        ("Once upon a time", True),
        ("And?", False),
        ("Yes.", False),
    ]
    assert [message["content"] for message in sent if message["role"] != "system"] == ["Tell me", "And?"]


async def test_after_a_cancelled_tool_the_session_takes_the_next_message(workbench: Workbench) -> None:
    tools(workbench)
    said = Said(calls=[("c1", "letter", '{"text": "a"}')])
    with ProtocolServer([openai_answer(said), Answer(ending="hang"), openai_answer(Said("Yes."))]) as server:
        provider(workbench, server)
        workbench.write("workflows/helper.yaml", AGENT)
        async with workbench.open(workflows=ALLOWED, environment={"KEY": "k"}) as bench:
            session_id = await bench.session("helper", initial_state=DANGLING)
            started = await bench.container.run_service.start(LOCAL, session_id, "Send")
            while len(server.requests) < 2:
                await asyncio.sleep(0.01)
            await bench.container.run_service.cancel(LOCAL, started.run.run_id)
            await bench.container.run_service.wait(LOCAL, started)
            run = await bench.run(session_id, "And?")
            assert run.status == "succeeded", run.error
        roles = [message["role"] for message in server.requests[-1]["messages"]]
    assert roles[:4] == ["user", "assistant", "tool", "user"]


DANGLING: dict[str, Any] = {
    "messages": [
        {"role": "user", "content": "before"},
        {"role": "assistant", "content": "", "tool_calls": [{"name": "letter", "args": {"text": "x"}, "id": "old"}]},
    ]
}


# -- media


async def test_an_image_is_stored_once_and_referred_to_everywhere(workbench: Workbench) -> None:
    message = {"role": "user", "content": [{"type": "text", "text": "See"}, IMAGE]}
    async with workbench.open() as bench:
        session_id = await bench.session(initial_state={"messages": [message]})
        run = await bench.run(session_id, {"messages": [message]})
        assert run.status == "succeeded"
        assert PIXEL not in str(run.input)
        assert all(PIXEL not in str(event.data) for event in await bench.log(session_id))
        values = await bench.values(session_id)
        reference = values["messages"][1]["blocks"][1]
        assert reference == {
            "type": "image",
            "mime_type": "image/png",
            "media": reference["media"],
            "bytes": len(PNG),
        }
        other = await bench.session(initial_state={"messages": [{"role": "user", "content": [reference]}]})
        await bench.run(other, "Hi")
        fork = await bench.container.time_travel_service.fork(LOCAL, session_id)
        async with bench.container.database.read(LOCAL) as tx:
            assert await tx.scalar(select(func.count()).select_from(MediaRow)) == 1
            used = set(await tx.scalars(select(MediaUseRow.session_id)))
            row = await bench.container.media.get(tx, reference["media"])
        assert (row.mime_type, row.data) == ("image/png", PNG)
        assert used == {session_id, other, fork.session_id}


async def test_media_goes_with_the_last_session_that_uses_it(workbench: Workbench) -> None:
    clock = SettableClock()
    message = {"role": "user", "content": [IMAGE]}
    async with workbench.open(clock=clock) as bench:
        sessions = [await bench.session(initial_state={"messages": [message]}) for _ in range(2)]
        for session_id, left in zip(sessions, (1, 0), strict=True):
            await bench.container.session_service.delete(LOCAL, session_id, force=False)
            clock.forward(hours=2)
            await bench.container.housekeeping.prune()
            async with bench.container.database.read(LOCAL) as tx:
                assert await tx.scalar(select(func.count()).select_from(MediaRow)) == left


@pytest.mark.parametrize("size", [64, 65])
async def test_media_are_limited(workbench: Workbench, size: int) -> None:
    block = {"type": "file", "mime_type": "text/plain", "base64": base64.b64encode(b"x" * size).decode()}
    async with workbench.open(media=MediaSettings(max_bytes=64)) as bench:
        message = {"messages": [{"role": "user", "content": [block]}]}
        if size == 64:
            await bench.session(initial_state=message)
            return
        with pytest.raises(TooLarge, match=r"65 bytes long. The limit is 64"):
            await bench.session(initial_state=message)
        with pytest.raises(TooLarge, match=r"65 bytes long. The limit is 64"):
            await bench.container.run_service.start(LOCAL, await bench.session(), message)


async def test_a_tool_may_give_an_image(workbench: Workbench) -> None:
    workbench.write("tools.yaml", f"tools: {{camera: {{type: python, call: '{__name__}:camera'}}}}")
    workbench.write("workflows/helper.yaml", AGENT.replace("[calculator, letter]", "[camera]"))
    with ProtocolServer(
        [openai_answer(Said(calls=[("c", "camera", "{}")])), openai_answer(Said("A pixel."))]
    ) as server:
        provider(workbench, server)
        async with workbench.open(workflows=ALLOWED, environment={"KEY": "k"}) as bench:
            session_id = await bench.session("helper")
            run = await bench.run(session_id, "Look")
            assert run.status == "succeeded", run.error
            result = (await rows(bench, session_id))[2]
        assert PIXEL in str(server.requests[1])
    assert result.content == "There:"
    assert (result.details or {})["blocks"][1]["media"].startswith("sha256:")


def camera() -> list[dict[str, Any]]:
    """Takes a picture."""
    return [{"type": "text", "text": "There:"}, {"type": "image", "base64": PIXEL, "mime_type": "image/png"}]


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "image", "base64": "!!", "mime_type": "image/png"}],
        [{"type": "image"}],
        [{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}],
        [{"no": "type"}],
        [7],
        [{"type": "text"}],
    ],
    ids=str,
)
async def test_blocks_that_nobody_could_show_are_refused(workbench: Workbench, content: list[Any]) -> None:
    async with workbench.open() as bench:
        with pytest.raises(Invalid) as refused:
            await bench.container.run_service.start(
                LOCAL, await bench.session(), {"messages": [{"role": "user", "content": content}]}
            )
        assert refused.value.problems[0].field == "messages.0.content.0"


# -- graphs


class State(TypedDict, total=False):
    messages: Annotated[list[BaseMessage], add_messages]
    n: Any


def odd_roles(_state: State) -> State:
    return {
        "messages": [
            ChatMessage(content="I object.", role="critic", id="1"),
            FunctionMessage(content="4", name="add", id="2"),
            ChatMessage(content="Be kind.", role="developer", id="3"),
        ]
    }


def replaces(state: State) -> State:
    last = state["messages"][-1]
    return {"messages": [HumanMessage("[redacted]", id=last.id), AIMessage("ok", id="a1")]}


def removes(state: State) -> State:
    return {"messages": [RemoveMessage(id=str(state["messages"][0].id)), AIMessage("gone", id="a1")]}


def removes_all(state: State) -> State:
    return {"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES), *state["messages"][:1], AIMessage("summary", id="s1")]}


def removes_everything(_state: State) -> State:
    return {"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES)]}


def says(_state: State) -> State:
    return {"messages": [AIMessage("first", id="a1"), AIMessage("second", id="a2")]}


def says_again(_state: State) -> State:
    return {"messages": [AIMessage("first, once more", id="a1")]}


def overwrites(_state: State) -> Any:
    return {"messages": Overwrite([AIMessage("only this", id="o1")])}


def in_place(state: State) -> State:
    state["messages"][-1].content = "changed in place"
    return {"messages": [AIMessage("ok", id="a1")]}


def in_place_unwritten(state: State) -> State:
    state["messages"][-1].content = "changed in place"
    return {"n": 1}


def popped_unwritten(state: State) -> State:
    state["messages"].pop()
    return {"n": 1}


def other_arguments(_state: State) -> State:
    call = {"name": "t", "args": {"n": 2}, "id": "c", "type": "tool_call"}
    return {"messages": [AIMessage("", id="a1", tool_calls=[call])]}


def first_arguments(_state: State) -> State:
    call = {"name": "t", "args": {"n": 1}, "id": "c", "type": "tool_call"}
    return {"messages": [AIMessage("", id="a1", tool_calls=[call])]}


def with_bytes(_state: State) -> State:
    return {"messages": [AIMessage([{"type": "image", "base64": PIXEL, "mime_type": "image/png"}], id="a1")]}


def emits(_state: State) -> State:
    get_stream_writer()({"half": "\ud83d", "big": 2**80, "nan": float("nan")})
    return {"messages": [AIMessage("half \ud83d and \x00", id="a1")]}


def graph_of(*steps: Any) -> Any:
    graph = StateGraph(State)
    for step in steps:
        graph.add_node(step.__name__, step)
    for one, other in zip(
        [START, *(step.__name__ for step in steps)], [*(step.__name__ for step in steps), END], strict=True
    ):
        graph.add_edge(one, other)
    return graph


odd_graph = graph_of(odd_roles)
replacing_graph = graph_of(replaces)
removing_graph = graph_of(removes)
shortening_graph = graph_of(says, removes_all)
emptying_graph = graph_of(says, removes_everything, says_again)
overwriting_graph = graph_of(says, overwrites)
unwritten_graph = graph_of(in_place_unwritten)
popping_graph = graph_of(popped_unwritten)
written_later_graph = graph_of(in_place_unwritten, says)
changing_graph = graph_of(in_place)
arguing_graph = graph_of(first_arguments, other_arguments)
bytes_graph = graph_of(with_bytes)
emitting_graph = graph_of(emits)


async def run_graph(workbench: Workbench, bench: Bench, name: str, text: str = "Hi") -> str:
    session_id = await bench.session(name)
    run = await bench.run(session_id, text)
    assert run.status == "succeeded", run.error
    return session_id


def graphs(workbench: Workbench) -> None:
    for name in (
        known.removesuffix("_graph") for known in globals() if known.endswith("_graph") and known != "run_graph"
    ):
        workbench.write(f"workflows/{name}.yaml", f"name: {name}\ngraph: {__name__}:{name}_graph\n")


async def test_other_roles_are_one_of_the_four(workbench: Workbench) -> None:
    graphs(workbench)
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await run_graph(workbench, bench, "odd")
        assert await bench.history(session_id) == [
            ("user", "Hi"),
            ("assistant", "I object."),
            ("tool", "4"),
            ("system", "Be kind."),
        ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("replacing", [("Hi", True), ("[redacted]", False), ("ok", False)]),
        ("removing", [("Hi", True), ("gone", False)]),
        ("shortening", [("Hi", False), ("first", True), ("second", True), ("summary", False)]),
        ("emptying", [("Hi", True), ("first", True), ("second", True), ("first, once more", False)]),
        ("overwriting", [("Hi", True), ("first", True), ("second", True), ("only this", False)]),
        ("unwritten", [("Hi", False)]),
        ("popping", [("Hi", False)]),
        ("written_later", [("Hi", True), ("changed in place", False), ("first", False), ("second", False)]),
        ("changing", [("Hi", True), ("changed in place", False), ("ok", False)]),
    ],
)
async def test_the_history_equals_the_state_and_keeps_what_was_before(
    workbench: Workbench, name: str, expected: list[tuple[str, bool]]
) -> None:
    graphs(workbench)
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await run_graph(workbench, bench, name)
        shown = [(row.content, row.discarded_at is not None) for row in await rows(bench, session_id)]
        state = [message["content"] for message in (await bench.values(session_id))["messages"]]
    assert sorted(shown) == sorted(expected)
    assert state == [content for content, discarded in expected if not discarded]


async def test_a_call_whose_arguments_are_replaced_keeps_both_forms(workbench: Workbench) -> None:
    graphs(workbench)
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await run_graph(workbench, bench, "arguing")
        shown = [row for row in await rows(bench, session_id) if row.type == "assistant"]
    args = {row.discarded_at is None: (row.details or {})["tool_calls"][0]["args"] for row in shown}
    assert args == {True: {"n": 2}, False: {"n": 1}}


async def test_bytes_in_a_graphs_own_messages_are_stored_and_shown_as_a_reference(workbench: Workbench) -> None:
    graphs(workbench)
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await run_graph(workbench, bench, "bytes")
        (row,) = [row for row in await rows(bench, session_id) if row.type == "assistant"]
        digest = (row.details or {})["blocks"][0]["media"]
        async with bench.container.database.read(LOCAL) as tx:
            assert (await bench.container.media.get(tx, digest)).data == PNG


async def test_text_that_no_database_stores_is_repaired_wherever_it_comes_from(workbench: Workbench) -> None:
    graphs(workbench)
    with ProtocolServer([openai_answer(Said("a\ud83d"))]) as server:
        provider(workbench, server)
        async with workbench.open(workflows=ALLOWED, environment={"KEY": "k"}) as bench:
            session_id = await run_graph(workbench, bench, "emitting")
            assert (await bench.history(session_id))[-1] == ("assistant", "half \ufffd and \ufffd")
            events = [event for event in await bench.log(session_id) if event.type == "custom"]
            assert isinstance(events[0], StoredEvent)
            assert events[0].data["value"] == {"half": "\ufffd", "big": str(2**80), "nan": "nan"}
            assert (await bench.history(await run_graph(workbench, bench, "chat")))[-1][1] == "a\ufffd"


async def test_a_number_that_no_database_stores_names_its_node_and_its_place(workbench: Workbench) -> None:
    workbench.write(
        "workflows/big.yaml",
        f"""
        name: big
        state: {{out: {{type: any}}}}
        nodes: {{count: {{type: python, call: '{__name__}:huge', output: out}}}}
        entry: count
        edges: [{{from: count, to: END}}]
        """,
    )
    async with workbench.open(workflows=ALLOWED) as bench:
        run = await bench.run(await bench.session("big"))
    assert run.error is not None
    assert (run.error["code"], run.error["node"]) == ("text_not_storable", "count")
    assert "out.items.1" in run.error["message"]


def huge() -> dict[str, Any]:
    return {"items": [1, 2**70]}


# -- tool nodes


SHOP = """
    name: shop
    nodes:
      ask: {type: llm, tools: [calculator]}
      act: {type: tool}
    entry: ask
    edges:
      - {from: ask, to: act}
      - {from: act, to: END}
"""


async def test_a_tool_node_executes_what_the_asking_node_offered(workbench: Workbench) -> None:
    tools(workbench)
    said = Said(calls=[("a", "letter", '{"text": "stolen"}'), ("b", "calculator", '{"expression": "1+1"}')])
    with ProtocolServer([openai_answer(said)]) as server:
        provider(workbench, server)
        workbench.write("workflows/shop.yaml", SHOP)
        workbench.write(
            "workflows/listed.yaml",
            SHOP.replace("shop", "listed").replace("{type: tool}", "{type: tool, tools: [letter]}"),
        )
        async with workbench.open(workflows=ALLOWED, environment={"KEY": "k"}) as bench:
            session_id = await bench.session("shop")
            assert (await bench.run(session_id, "Hi")).status == "succeeded"
            results = [content for kind, content in await bench.history(session_id) if kind == "tool"]
            assert LETTERS == []
            assert results[0].startswith("not executed: there is no tool letter here")
            assert results[1] == "2"
            assert (await bench.run(await bench.session("listed"), "Hi")).status == "succeeded"
            assert [text for text, _ in LETTERS] == ["stolen"]


async def test_a_call_in_a_runs_input_never_executes(workbench: Workbench) -> None:
    tools(workbench)
    workbench.write(
        "workflows/act.yaml",
        """
        name: act
        nodes: {act: {type: tool, tools: [letter]}}
        entry: act
        edges: [{from: act, to: END}]
        """,
    )
    async with workbench.open(workflows=ALLOWED) as bench:
        session_id = await bench.session("act")
        run = await bench.run(session_id, DANGLING)
        assert run.status == "succeeded", run.error
        assert [kind for kind, _ in await bench.history(session_id)] == ["user", "assistant", "tool"]
    assert LETTERS == []


# -- a graph's own models


async def asks_itself(_state: State) -> State:
    """A node that calls a model which nobody configured, as people do in Python graphs."""
    chat = ChatOpenAI(model="own", base_url=OWN["url"], api_key=SecretStr("k"), stream_usage=True)
    message = await chat.ainvoke([HumanMessage("Hi")])
    return {"messages": [AIMessage(str(message.text), id="a1")]}


OWN: dict[str, str] = {}
owning_graph = graph_of(asks_itself)


async def test_a_graphs_own_model_is_metered_by_the_last_count(workbench: Workbench) -> None:
    workbench.write("workflows/owning.yaml", f"name: owning\ngraph: {__name__}:owning_graph\n")
    usage = {"prompt_tokens": 35, "completion_tokens": 4, "total_tokens": 39}
    pieces = openai_answer(Said("Hello you", end="length")).pieces
    counted = [
        f"data: {json.dumps({**json.loads(piece.removeprefix(b'data: ')), 'usage': usage})}\n\n".encode()
        for piece in pieces[:-1]
    ]
    with ProtocolServer([Answer([*counted, pieces[-1]])]) as server:
        OWN["url"] = f"{server.base_url}/v1"
        async with workbench.open(workflows=ALLOWED) as bench:
            await run_graph(workbench, bench, "owning")
            (call,) = await calls(bench)
    assert (call.prompt_tokens, call.completion_tokens, call.estimated) == (35, 4, False)
    assert (call.end_reason, call.provider_end_reason) == ("length", "length")


async def test_the_first_token_is_the_first_thought(workbench: Workbench) -> None:
    pieces = openai_answer(Said("Paris", reasoning="Hm")).pieces
    with ProtocolServer([Answer(pieces, pause=0.05)]) as server:
        provider(workbench, server)
        async with workbench.open(environment={"KEY": "k"}) as bench:
            await bench.run(await bench.session(), "Hi")
            (call,) = await calls(bench)
    # The first piece is the role; the thought follows, and its rest and the text come 50 ms apart.
    assert call.time_to_first_token_ms is not None
    assert call.time_to_first_token_ms < call.latency_ms - 3 * 50


async def test_rows_of_earlier_versions_with_other_roles_can_be_read(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session()
        await bench.run(session_id, "Hi")
        async with bench.container.database.write(LOCAL) as tx:
            for row, kind in zip(await tx.scalars(select(MessageRow)), ("chat", "function"), strict=True):
                row.type = kind
        shown = await rows(bench, session_id)
        assert [MessageResponse.model_validate(row).type for row in shown] == ["assistant", "tool"]
        for kind in ("json", "jsonl", "csv", "markdown"):
            export = await bench.container.export_service.open(LOCAL, session_id, LAYOUTS[kind])
            text = b"".join([chunk async for chunk in export.chunks]).decode()
            assert "function" not in text
