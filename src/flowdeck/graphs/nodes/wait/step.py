"""wait: pauses the run, and continues it when the time has come.

A wait is a question with a deadline at the end of the wait. It needs no thread and no connection, the server may
restart in the meantime, and a person can end the wait early with an answer.
"""

from datetime import UTC, datetime

from langgraph.types import interrupt

from flowdeck.errors.nodes import ExpressionFailed
from flowdeck.graphs.conditions import Condition
from flowdeck.graphs.durations import duration_text
from flowdeck.graphs.nodes.call import Call, Setting, Update
from flowdeck.graphs.nodes.wait.spec import WaitNode

CONTINUE = "continue"


class WaitStep:
    """A wait node made ready."""

    def __init__(self, node: WaitNode, _setting: Setting) -> None:
        self._node = node
        self._until = None if node.until is None else Condition.compile(node.until)

    async def update(self, call: Call) -> Update:
        """No change. Raises RunFailed `expression_failed` where `until` gives no time."""
        if self._until is None:
            seconds = self._node.duration or 0.0
            text = f"Waits for {duration_text(seconds)}."
        else:
            moment = self._moment(self._until, call)
            seconds = (moment - datetime.now(UTC)).total_seconds()
            text = f"Waits until {moment.isoformat(timespec='seconds')}."
        if seconds > 0:
            interrupt(
                {
                    "question": self._node.description or text,
                    "choices": [CONTINUE],
                    "schema": {"enum": [CONTINUE]},
                    "deadline_seconds": seconds,
                    "default": CONTINUE,
                    "node": call.setting.name,
                }
            )
        return {}

    def _moment(self, until: Condition, call: Call) -> datetime:
        value = call.evaluate(until)
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError as error:
            message = f"expected a time such as 2027-01-31T09:00:00Z, got {str(value)[:100]}"
            raise ExpressionFailed(node=call.setting.name, expression=until.text, message=message) from error
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
