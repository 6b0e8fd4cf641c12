"""Looking at a session's earlier states, and going on from them: in a session of its own, or after an edit."""

from dataclasses import dataclass

from flowdeck.engine.differences import Difference, differences
from flowdeck.engine.programs import Program, Programs
from flowdeck.engine.state import States, StateView
from flowdeck.managers.checkpoint_manager import CheckpointEntry, CheckpointManager
from flowdeck.managers.session_manager import SessionManager
from flowdeck.managers.workflow_manager import WorkflowManager
from flowdeck.storage.database import Database, Transaction
from flowdeck.storage.scope import Scope
from flowdeck.storage.tables import SessionRow


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two checkpoints and what changed from the first to the second."""

    session_id: str
    from_checkpoint: str
    to_checkpoint: str
    changes: list[Difference]

    @property
    def changed(self) -> list[str]:
        """The fields that differ, in the order of the changes."""
        return list(dict.fromkeys(change.path.split("/")[1] for change in self.changes))


class TimeTravelService:
    """What can be done with a checkpoint."""

    def __init__(
        self,
        *,
        database: Database,
        sessions: SessionManager,
        workflows: WorkflowManager,
        checkpoints: CheckpointManager,
        programs: Programs,
        states: States,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._workflows = workflows
        self._checkpoints = checkpoints
        self._programs = programs
        self._states = states

    async def state_at(self, scope: Scope, session_id: str, checkpoint_id: str) -> tuple[CheckpointEntry, StateView]:
        """A checkpoint and the state there. Raises NotFound."""
        async with self._database.read(scope) as tx:
            _, program = await self._open(tx, session_id)
            entry = await self._checkpoints.get(tx, session_id, checkpoint_id)
        return entry, await self._states.read(scope, program, session_id, checkpoint_id=checkpoint_id)

    async def compare(self, scope: Scope, session_id: str, *, before: str, after: str) -> Comparison:
        """What changed from one checkpoint to another, whichever is the older. Raises NotFound."""
        async with self._database.read(scope) as tx:
            _, program = await self._open(tx, session_id)
        first = await self._states.read(scope, program, session_id, checkpoint_id=before)
        second = await self._states.read(scope, program, session_id, checkpoint_id=after)
        return Comparison(session_id, before, after, differences(first.values, second.values))

    async def _open(self, tx: Transaction, session_id: str) -> tuple[SessionRow, Program]:
        row = await self._sessions.get(tx, session_id)
        workflow = await self._workflows.get(tx, row.workflow_id, unloaded=True)
        return row, await self._programs.get(workflow)
