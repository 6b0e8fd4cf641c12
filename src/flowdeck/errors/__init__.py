"""Everything that Flowdeck raises: `base` has the tree, the other modules the error codes of one subject each."""

from flowdeck.errors import (
    analytics,
    command_line,
    configuration,
    nodes,
    providers,
    requests,
    runs,
    server,
    sessions,
    sockets,
    webhooks,
    workflows,
)
from flowdeck.errors.base import ERRORS

__all__ = [
    "ERRORS",
    "analytics",
    "command_line",
    "configuration",
    "nodes",
    "providers",
    "requests",
    "runs",
    "server",
    "sessions",
    "sockets",
    "webhooks",
    "workflows",
]
