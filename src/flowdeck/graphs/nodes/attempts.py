"""How often a node is tried, how long one attempt may take, and how a failed attempt is reported."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from langgraph.errors import GraphBubbleUp
from langgraph.types import RetryPolicy

from flowdeck.errors.base import FlowdeckError, ProviderFailed, ToolFailed
from flowdeck.errors.nodes import NodeTimeout
from flowdeck.graphs.failure_reporting import report
from flowdeck.graphs.nodes.base import NodeBasics, OutsideNode
from flowdeck.graphs.user_code import is_cancelled, tame

# What the workflow's own code or a slow service did; the other failures of ours stay the same however often one tries.
_WORTH_ANOTHER_TRY = frozenset({"code_raised", "node_timeout"})


def retry_policy(node: NodeBasics) -> RetryPolicy | None:
    """The `retry` of a node; None where it has none."""
    retry = node.retry if isinstance(node, OutsideNode) else None
    if retry is None:
        return None
    return RetryPolicy(initial_interval=retry.backoff, max_attempts=retry.attempts, retry_on=_worth_another_try)


def attempt_seconds(node: NodeBasics) -> float | None:
    """The node's `timeout`; None where it has none."""
    return node.timeout if isinstance(node, OutsideNode) else None


@asynccontextmanager
async def attempt(node: str, seconds: float | None) -> AsyncIterator[None]:
    """One attempt at a node, or at an item of a parallel one.

    What the block raises is reported: a retry may make it good, or another failure end the run first. It is an
    Exception, except for a cancellation that somebody asked for. Raises RunFailed `node_timeout` after `seconds`.
    """
    try:
        async with _within(node, seconds):
            yield
    except GraphBubbleUp:
        raise  # a question is not a failure
    except BaseException as error:
        if isinstance(error, asyncio.CancelledError) and is_cancelled():
            raise
        tamed = tame(error)
        report(tamed)
        if tamed is error:
            raise
        raise tamed from error


@asynccontextmanager
async def _within(node: str, seconds: float | None) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds) as limit:
            yield
    except TimeoutError as error:
        if seconds is None or not limit.expired():
            raise
        raise NodeTimeout(node=node, seconds=seconds) from error


def _worth_another_try(error: Exception) -> bool:
    """Whether doing it again may help: what failed was outside, not the workflow or its data."""
    if isinstance(error, FlowdeckError):
        return isinstance(error, (ProviderFailed, ToolFailed)) or error.code in _WORTH_ANOTHER_TRY
    return True
