"""The floor: FastAPI and LangGraph without Flowdeck, as people write it themselves.

`python -m benchmarks.runs.bare memory|sqlite|postgres ADDRESS` prints `ready at URL` when it accepts connections. With
`memory` it stores nothing; otherwise LangGraph's own saver stores the checkpoints in ADDRESS, a path or a URL.
"""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated, Any, TypedDict
from uuid import uuid4

import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.graph.state import CompiledStateGraph

from benchmarks.runs.words import WORDS


class Words(BaseChatModel):
    """A model that says WORDS, word by word."""

    @property
    def _llm_type(self) -> str:
        return "words"

    def _generate(self, *_: Any, **__: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(WORDS))])

    async def _astream(self, *_: Any, **__: Any) -> AsyncIterator[ChatGenerationChunk]:
        for word in WORDS.split():
            yield ChatGenerationChunk(message=AIMessageChunk(content=f"{word} "))


class State(TypedDict, total=False):
    """What the nodes read and write."""

    messages: Annotated[list[BaseMessage], add_messages]
    visits: int


async def _count(state: State) -> State:
    return {"visits": state.get("visits", 0) + 1}


async def _reply(state: State) -> State:
    return {"messages": [await Words().ainvoke(state["messages"])]}


def graph(saver: BaseCheckpointSaver[Any] | None) -> CompiledStateGraph[State]:
    """The graph of `workflows/three.yaml`."""
    builder = StateGraph(State)
    builder.add_node("before", _count)
    builder.add_node("reply", _reply)
    builder.add_node("after", _count)
    builder.add_edge(START, "before")
    builder.add_edge("before", "reply")
    builder.add_edge("reply", "after")
    builder.add_edge("after", END)
    return builder.compile(checkpointer=saver)


def application(compiled: CompiledStateGraph[State]) -> FastAPI:
    """Sessions in a dictionary, and runs that wait or stream."""
    app = FastAPI()
    sessions: dict[str, dict[str, str]] = {}

    @app.post("/api/sessions/", status_code=201)
    async def create() -> dict[str, str]:
        session = {"session_id": uuid4().hex, "title": "A session"}
        sessions[session["session_id"]] = session
        return session

    @app.post("/api/sessions/{session_id}/runs", response_model=None)
    async def run(session_id: str, body: dict[str, Any]) -> StreamingResponse | dict[str, Any]:
        given: State = {"messages": body["input"]}
        config: Any = {"configurable": {"thread_id": session_id}}
        if body.get("mode") != "stream":
            end = await compiled.ainvoke(given, config)
            return {"status": "succeeded", "output": end["messages"][-1].content}

        async def events() -> AsyncIterator[str]:
            yield "event: started\ndata: {}\n\n"
            parts: AsyncIterator[Any] = compiled.astream(given, config, stream_mode="messages")
            async for message, _ in parts:
                yield f"event: token\ndata: {json.dumps({'text': message.text})}\n\n"
            yield "event: ended\ndata: {}\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    return app


async def main(kind: str, address: str) -> None:
    """Serve on a free port until the process is ended."""
    async with AsyncExitStack() as stack:
        saver: BaseCheckpointSaver[Any] | None = None
        if kind == "sqlite":
            saver = await stack.enter_async_context(AsyncSqliteSaver.from_conn_string(address))
        elif kind == "postgres":
            from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # noqa: PLC0415 - the others do not pay for it
            from psycopg.rows import dict_row  # noqa: PLC0415 - the others do not pay for it
            from psycopg_pool import AsyncConnectionPool  # noqa: PLC0415 - the others do not pay for it

            arguments = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
            pool: Any = AsyncConnectionPool(address, kwargs=arguments, max_size=10, open=False)
            await stack.enter_async_context(pool)
            saver = AsyncPostgresSaver(pool)
            await saver.setup()
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print(f"ready at http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        server = uvicorn.Server(uvicorn.Config(application(graph(saver)), log_level="warning"))
        await server.serve(sockets=[listening])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
