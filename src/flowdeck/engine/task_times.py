"""The start and end times of a run's tasks, measured where they execute.

LangGraph's stream reports them too, but may be read late, because its reader waits while nodes keep the loop busy.
"""

import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackHandler


class TaskTimes(AsyncCallbackHandler):
    """A LangChain callback for one run. Times by task id, as `time.perf_counter` returns them."""

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
        # Chains within the task have its metadata too. After its end, the next chain is a retry of the task.
        if task_id and (task_id not in self.began or self.ended.pop(task_id, None) is not None):
            self.began.setdefault(task_id, time.perf_counter())
            self._tasks[run_id] = task_id

    async def on_chain_end(self, outputs: dict[str, Any], *, run_id: UUID, **_: Any) -> None:  # noqa: ARG002
        self._end(run_id)

    async def on_chain_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:  # noqa: ARG002
        self._end(run_id)

    def end(self, task_id: str) -> float:
        """The time when a task ended; now if it was not measured. Removes the task."""
        self.began.pop(task_id, None)
        return self.ended.pop(task_id, time.perf_counter())

    def _end(self, run_id: UUID) -> None:
        task_id = self._tasks.pop(run_id, None)
        if task_id is not None:
            self.ended[task_id] = time.perf_counter()


def task_of(metadata: Mapping[str, Any]) -> str:
    """The task id in a callback's metadata; empty outside of tasks."""
    return str(metadata.get("langgraph_checkpoint_ns", "")).rpartition("|")[2].rpartition(":")[2]
