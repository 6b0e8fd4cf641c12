"""condition: changes nothing; the ways that lead on from it are chosen by the builder's router."""

from flowdeck.graphs.nodes.call import Call, Setting, Update
from flowdeck.graphs.nodes.condition.spec import ConditionNode


class ConditionStep:
    """A condition node made ready."""

    def __init__(self, _node: ConditionNode, _setting: Setting) -> None:
        """Nothing to prepare: its cases are routes."""

    async def update(self, _call: Call) -> Update:
        """No change."""
        return {}
