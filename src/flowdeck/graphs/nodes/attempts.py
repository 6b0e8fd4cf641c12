"""How often a node is tried, and how long one attempt may take, in LangGraph's terms."""

from langgraph.types import RetryPolicy

from flowdeck.exceptions import FlowdeckError, ProviderFailed, ToolFailed
from flowdeck.graphs.failures import report
from flowdeck.graphs.node_specs import NodeBasics, OutsideNode


def retry_policy(name: str, node: NodeBasics) -> RetryPolicy | None:
    """The `retry` of a node of this name; None where it has none."""
    retry = node.retry if isinstance(node, OutsideNode) else None
    if retry is None:
        return None

    def worth_another_try(error: Exception) -> bool:
        # A node that was too slow is stopped from outside and cannot tell of it itself.
        report(error, name)
        return _worth_another_try(error)

    return RetryPolicy(initial_interval=retry.backoff, max_attempts=retry.attempts, retry_on=worth_another_try)


def attempt_seconds(node: NodeBasics) -> float | None:
    """The node's `timeout`; None where it has none."""
    return node.timeout if isinstance(node, OutsideNode) else None


def _worth_another_try(error: Exception) -> bool:
    """Whether doing it again may help: what failed was outside, not the workflow or its data."""
    return isinstance(error, (ProviderFailed, ToolFailed)) or not isinstance(error, FlowdeckError)
