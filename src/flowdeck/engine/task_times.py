"""When the tasks of a run began and ended, noted where they are executed.

LangGraph's stream reports it too, but its reader may be late: it waits while nodes keep the loop busy.
"""

import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackHandler


class TaskTimes(AsyncCallbackHandler):
    """A LangChain callback for one run. Times are those of `time.perf_counter`, by task id."""

    run_inline = True
    ignore_llm = ignore_chat_model = ignore_agent = ignore_retriever = ignore_custom_event = ignore_retry = True

    def __init__(self) -> None:
        self.began: dict[str, float] = {}
        self.ended: dict[str, float] = {}
        self._tasks: dict[UUID, str] = {}

    async def on_chain_start(
        self,
        serialized: dict[str, Any],  # noqa: ARG002 - LangChain's signature
        inputs: dict[str, Any],  # noqa: ARG002
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        task_id = task_of(metadata or {})
        # Chains within the task carry its metadata too. After its end, the next one is the task's again: a retry.
        if task_id and (task_id not in self.began or self.ended.pop(task_id, None) is not None):
            self.began.setdefault(task_id, time.perf_counter())
            self._tasks[run_id] = task_id

    async def on_chain_end(self, outputs: dict[str, Any], *, run_id: UUID, **_: Any) -> None:  # noqa: ARG002
        self._end(run_id)

    async def on_chain_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:  # noqa: ARG002
        self._end(run_id)

    def end(self, task_id: str) -> float:
        """When a task ended, now where that was not noted. Forgets the task."""
        self.began.pop(task_id, None)
        return self.ended.pop(task_id, time.perf_counter())

    def _end(self, run_id: UUID) -> None:
        task_id = self._tasks.pop(run_id, None)
        if task_id is not None:
            self.ended[task_id] = time.perf_counter()


def task_of(metadata: Mapping[str, Any]) -> str:
    """The id of the task to which a callback's metadata belong; empty outside of tasks."""
    return str(metadata.get("langgraph_checkpoint_ns", "")).rpartition("|")[2].rpartition(":")[2]
