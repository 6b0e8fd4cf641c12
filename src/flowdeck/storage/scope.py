"""The project that a transaction sees, and the principal that it acts for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """A project and a principal. `project_id` None sees every project: start-up and housekeeping only."""

    project_id: str | None
    principal: str


LOCAL = Scope(project_id="default", principal="local")
SYSTEM = Scope(project_id=None, principal="system")
