"""How often a node is tried, and how long one attempt may take, in LangGraph's terms."""

from langgraph.types import RetryPolicy

from flowdeck.exceptions import FlowdeckError, ProviderFailed, ToolFailed
from flowdeck.graphs.node_specs import NodeBasics, OutsideNode


def retry_policy(node: NodeBasics) -> RetryPolicy | None:
    """The node's `retry`; None where it has none."""
    retry = node.retry if isinstance(node, OutsideNode) else None
    if retry is None:
        return None
    return RetryPolicy(initial_interval=retry.backoff, max_attempts=retry.attempts, retry_on=_worth_another_try)


def attempt_seconds(node: NodeBasics) -> float | None:
    """The node's `timeout`; None where it has none."""
    return node.timeout if isinstance(node, OutsideNode) else None


def _worth_another_try(error: Exception) -> bool:
    """Whether doing it again may help: what failed was outside, not the workflow or its data."""
    return isinstance(error, (ProviderFailed, ToolFailed)) or not isinstance(error, FlowdeckError)
