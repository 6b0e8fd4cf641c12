"""How the process logs: structlog and the libraries' own loggers alike, one line per entry, on standard error."""

import logging
import sys
from collections.abc import Sequence

import structlog
from structlog.typing import Processor

from flowdeck.settings import LogSettings

# Libraries that tell at `info` what our own log already says, or what only their authors want to know.
_QUIET = ("alembic", "httpcore", "httpx", "httpx2", "openai", "sqlalchemy", "uvicorn.access")


def configure_logging(settings: LogSettings) -> None:
    """Send every log entry of this process to standard error, for people or as one JSON object per line."""
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    shared = _shared()
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_ending(settings)],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.captureWarnings(capture=True)


def _shared() -> Sequence[Processor]:
    return (
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    )


def _ending(settings: LogSettings) -> Sequence[Processor]:
    if settings.format == "json":
        return (
            # Without the locals of each frame: they hold people's texts and providers' keys.
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=False, default=str),
        )
    return (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback),
    )
