"""Every setting, from the environment: `FLOWDECK_` and the name, `__` between levels; the only place they are read.

Nothing else reads the environment, except `${VAR}` in the configuration files and the keys of model providers.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSettings(_Group):
    """Where the server listens and what it lets in."""

    host: str = Field("127.0.0.1", description="Address to listen on; only loopback until keys exist.")
    port: int = Field(8321, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    allowed_hosts: tuple[str, ...] = Field((), description="Host names answered besides loopback's.")
    allowed_origins: tuple[str, ...] = Field((), description="Origins let in besides the server's own.")
    max_body_bytes: int = Field(1_048_576, ge=1024, description="Largest request body, in bytes.")
    heartbeat_seconds: float = Field(15, gt=0, description="Pause after which an idle stream sends a sign of life.")
    subscriber_queue: int = Field(1000, ge=1, description="Events kept for one slow reader before it gets a gap.")
    socket_message_bytes: int = Field(65_536, ge=1024, description="Largest message a WebSocket client may send.")
    socket_subscriptions: int = Field(256, ge=1, description="Sessions one WebSocket may be subscribed to.")
    grace_seconds: float = Field(10, ge=0, description="Time that running runs get when the server stops.")


class DatabaseSettings(_Group):
    """Where things are stored."""

    url: str | None = Field(
        None, description="`postgresql://…` or `sqlite:///…`; left out: flowdeck.db in the data folder."
    )
    pool_size: int = Field(10, ge=1, le=100, description="Connections kept to PostgreSQL, or SQLite readers.")
    auto_upgrade: bool = Field(True, description="Bring the database to this version's schema at start-up.")
    synchronous: Literal["FULL", "NORMAL"] = Field(
        "FULL", description="SQLite: FULL survives a power cut, NORMAL a crash of the process."
    )


class RunSettings(_Group):
    """How runs execute, and the limits of a run that names none."""

    concurrency: int = Field(16, ge=1, description="Runs executed at once in this process.")
    steps: int = Field(100, ge=1, le=10_000, description="Steps a run may take.")
    seconds: float = Field(3600, gt=0, description="Seconds a run may take.")
    fan_out: int = Field(100, ge=1, le=10_000, description="Branches a parallel node may open.")


class WorkflowSettings(_Group):
    """What workflow files may reach."""

    roots: tuple[Path, ...] = Field(
        (), description="Folders with workflow files besides `workflows` in the config folder."
    )
    max_bytes: int = Field(262_144, ge=1024, description="Largest workflow text, in bytes.")
    python_allow: tuple[str, ...] = Field(
        (), description="Modules or `module:attribute`s that python nodes and graphs may name."
    )
    inline_environment: tuple[str, ...] = Field(
        (), description="Variables that `${VAR}` may read in workflows sent as data; files may read all."
    )
    http_allow_private: tuple[str, ...] = Field(
        (), description="`host` or `host:port` on a private network that http nodes may call."
    )


class ErrorSettings(_Group):
    """What is kept of errors."""

    stacks_per_group: int = Field(
        1000, ge=1, description="Occurrences of one group that keep their stack; of further ones, one in a hundred."
    )


class LogSettings(_Group):
    """What is logged."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severity that is logged.")
    format: Literal["console", "json"] = Field("console", description="For people or for machines.")


class Settings(BaseSettings):
    """All settings. Frozen: made once, in the CLI or the container, and passed down."""

    model_config = SettingsConfigDict(
        env_prefix="FLOWDECK_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        nested_model_default_partial_update=True,
    )

    data_dir: Annotated[Path, Field(description="Folder for the database and what tools write.")] = Path("data")
    config_dir: Annotated[Path, Field(description="Folder with workflows/, models.yaml, tools.yaml, prices.yaml.")] = (
        Path("configs")
    )
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    runs: RunSettings = RunSettings()
    workflows: WorkflowSettings = WorkflowSettings()
    errors: ErrorSettings = ErrorSettings()
    log: LogSettings = LogSettings()

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL with its async driver."""
        url = self.database.url or f"sqlite:///{(self.data_dir / 'flowdeck.db').absolute()}"
        for plain, driver in (
            ("postgresql://", "postgresql+psycopg://"),
            ("postgres://", "postgresql+psycopg://"),
            ("sqlite://", "sqlite+aiosqlite://"),
        ):
            if url.startswith(plain):
                return driver + url.removeprefix(plain)
        return url

    @property
    def workflow_roots(self) -> tuple[Path, ...]:
        """Folders from which workflow files may be loaded."""
        return (self.config_dir / "workflows", *self.workflows.roots)
