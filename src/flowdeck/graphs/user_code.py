"""The boundary around code that is not Flowdeck's: functions of nodes, tools and Python graphs, and their objects.

Whatever such code raises becomes an exception that ends its node and nothing else. `SystemExit` and
`KeyboardInterrupt` would end asyncio's loop, `StopIteration` cannot be set on a future, and other subclasses of
BaseException pass by every `except Exception` above. Two things pass: LangGraph's own control flow, and the
cancellation of the task that waits for the code.
"""

import asyncio
import concurrent.futures
import inspect
import threading
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context, ContextVar
from typing import Any, TypeVar

import structlog
from langgraph.errors import GraphBubbleUp

from flowdeck.errors.base import FlowdeckError
from flowdeck.errors.runs import CodeRaised

Result = TypeVar("Result")

PATIENCE_SECONDS = 2.0
"""How long a cancelled coroutine may take to end before it is left to itself."""

_MESSAGE_LIMIT = 1000  # characters of a text that is read off an exception
_NAME_LIMIT = 128
# Iterators and futures take these for something else than a failure.
_MISUNDERSTOOD = (StopIteration, StopAsyncIteration, concurrent.futures.CancelledError)
_log = structlog.get_logger(__name__)
_inside: ContextVar[bool] = ContextVar("flowdeck_user_code", default=False)
_left: set["asyncio.Task[Any]"] = set()  # coroutines that ignored their cancellation, held until they end


def is_user_code() -> bool:
    """Whether the present context belongs to users' code: its threads are taken from those for users' functions."""
    return _inside.get()


@contextmanager
def user_code() -> Iterator[None]:
    """Within the block, and in the tasks and threads that it starts, users' code runs."""
    token = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(token)


def tame(error: BaseException) -> Exception:
    """An exception of users' code as one that may pass through asyncio and LangGraph.

    An ordinary exception, and LangGraph's control flow, is returned as it is. Any other becomes a RunFailed
    `code_raised` with the original as its cause, and so does one whose text cannot be read. Where the memory is used
    up, the code's local variables are released: the traceback would hold them while the failure is stored.
    """
    if isinstance(error, MemoryError):
        traceback.clear_frames(error.__traceback__)
    if isinstance(error, GraphBubbleUp):
        return error
    if isinstance(error, Exception) and not isinstance(error, _MISUNDERSTOOD) and _is_readable(error):
        return error
    name = type(error).__name__[:_NAME_LIMIT]
    raised = CodeRaised(type=name, message=text_of(error)[:_MESSAGE_LIMIT])
    raised.__cause__ = error
    return raised


def _is_readable(error: BaseException) -> bool:
    try:
        return isinstance(str(error), str) and isinstance(repr(error), str)
    except BaseException:  # noqa: BLE001 - users' code: a text may raise anything
        return False


def text_of(value: object) -> str:
    """The text of an object of users' code; says so where it cannot be read. Never raises."""
    try:
        return str(value)
    except BaseException:  # noqa: BLE001 - users' code: a text may raise anything
        return "its text cannot be read"


def failure_text(error: Exception) -> str:
    """What an exception says, in at most 1,000 characters; its class where it says nothing. Never raises."""
    if isinstance(error, FlowdeckError):
        return error.detail()
    return text_of(error)[:_MESSAGE_LIMIT] or type(error).__name__


@contextmanager
def contained() -> Iterator[None]:
    """Raise what users' code in the block raises as `tame` gives it.

    A Ctrl-C on the command line ends the program as it should: outside of a loop, Python raises it in whatever code
    the main thread executes.
    """
    try:
        yield
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and _is_command_line():
            raise
        tamed = tame(error)
        if tamed is error:
            raise
        raise tamed from error


def _is_command_line() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return threading.current_thread() is threading.main_thread()
    return False


async def call(function: Callable[..., Any], args: Mapping[str, Any]) -> Any:
    """The result of a users' function: one that is not async is called in a thread.

    Raises what the function raises, as `tame` gives it. Where the caller is cancelled, the thread of a function, and a
    coroutine that does not end within `PATIENCE_SECONDS`, are left to themselves.
    """
    with user_code():
        if _is_async(function):
            return await finished(lambda: function(**args))
        result = await asyncio.to_thread(_called, function, args)
        return await finished(lambda: result) if inspect.isawaitable(result) else result


def _is_async(function: Callable[..., Any]) -> bool:
    with contained():
        return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
            getattr(function, "__call__", None)  # noqa: B004 - an object whose `__call__` is async
        )


def _called(function: Callable[..., Any], args: Mapping[str, Any]) -> Any:
    with contained():  # in the thread already: what is set on a future must be an exception that a future takes
        return function(**args)


async def finished(begin: Callable[[], Awaitable[Result]]) -> Result:
    """The result of an awaitable of users' code that `begin` makes. Raises as `call` does."""
    task: asyncio.Task[Result] = asyncio.create_task(_awaited(begin))
    try:
        await asyncio.wait((task,))
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait((task,), timeout=PATIENCE_SECONDS)
        if not task.done():
            _leave(task)
        elif not task.cancelled():
            task.exception()  # read, or asyncio would log it
        raise
    if task.cancelled():  # by users' code that got hold of the task
        raise CodeRaised(type="CancelledError", message="")
    return task.result()


async def _awaited(begin: Callable[[], Awaitable[Result]]) -> Result:
    try:
        return await begin()
    except BaseException as error:
        if isinstance(error, asyncio.CancelledError) and is_cancelled():
            raise
        tamed = tame(error)
        if tamed is error:
            raise
        raise tamed from error


def is_cancelled() -> bool:
    """Whether somebody asked for the present task to be cancelled; its own code may raise CancelledError by itself."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _leave(task: "asyncio.Task[Any]") -> None:
    """Let a coroutine that ignores its cancellation be: its run has ended, and must not wait for it."""
    _left.add(task)
    _log.warning("cancellation_ignored", seconds=PATIENCE_SECONDS, left=len(_left))

    def ended(_: "asyncio.Task[Any]") -> None:
        _left.discard(task)
        if not task.cancelled():
            task.exception()

    task.add_done_callback(ended)


# -- tasks


class _Contained(Coroutine[Any, Any, Any]):
    """A task's coroutine out of which nothing comes that would end the loop, or escape every `except Exception`."""

    __slots__ = ("_inner",)

    def __init__(self, inner: Coroutine[Any, Any, Any] | Generator[Any, Any, Any]) -> None:
        self._inner = inner

    def send(self, value: Any) -> Any:
        try:
            return self._inner.send(value)
        except (Exception, asyncio.CancelledError):
            raise
        except BaseException as error:
            raise tame(error) from error

    def throw(self, *thrown: Any) -> Any:
        try:
            return self._inner.throw(*thrown)
        except (Exception, asyncio.CancelledError):
            raise
        except BaseException as error:
            raise tame(error) from error

    def close(self) -> None:
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return (yield from self._inner) if isinstance(self._inner, Generator) else (yield from self._inner.__await__())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)  # cr_frame, cr_code and the like: for who looks at a task


def guard_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Have the tasks that this loop starts from now on end, where their code raises `SystemExit` and the like.

    Without it, `sys.exit` in any task ends the loop, and with it the server. Users' code runs in many tasks: those of
    LangGraph, and those that it makes itself.
    """

    def make(
        running: asyncio.AbstractEventLoop,
        work: Coroutine[Any, Any, Any] | Generator[Any, None, Any],
        *,
        context: Context | None = None,
        **options: Any,
    ) -> asyncio.Task[Any]:
        return asyncio.Task(_Contained(work), loop=running, context=context, **options)

    loop.set_task_factory(make)
