"""Every setting, and the only place they are read: from the environment, below it from `flowdeck.yaml`.

In the environment a setting is `FLOWDECK_` and its name, with `__` between levels; the file is in the config folder.
Nothing else reads the environment, except `${VAR}` in the configuration files and the keys of model providers. The file
is long because it is the whole list.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from flowdeck.errors.base import Problem, Unloadable
from flowdeck.errors.configuration import SettingsInvalid
from flowdeck.masking import masked
from flowdeck.settings_texts import DESCRIPTIONS_ZH

SETTINGS_FILE = "flowdeck.yaml"
Origin = Literal["default", "file", "environment", "option"]


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSettings(_Group):
    """Where the server listens and what it lets in."""

    host: str = Field(
        "127.0.0.1",
        description="Address to listen on. Only loopback addresses are allowed, because there is no authentication "
        "yet.",
    )
    port: int = Field(8321, ge=0, le=65535, description="Port to listen on. 0 means any free port.")
    allowed_hosts: tuple[str, ...] = Field((), description="Host names to accept in addition to loopback names.")
    allowed_origins: tuple[str, ...] = Field(
        (), description="Origins to accept in addition to the server's own origin."
    )
    max_body_bytes: int = Field(16_777_216, ge=1024, description="Maximum size of a request body, in bytes.")
    heartbeat_seconds: float = Field(
        15, gt=0, description="Seconds without events after which a stream sends a heartbeat."
    )
    subscriber_queue: int = Field(
        1000, ge=1, description="Maximum number of events to buffer for a slow reader. Then the reader receives a gap."
    )
    subscriber_queue_bytes: int = Field(
        4_194_304,
        ge=65_536,
        description="Maximum number of bytes to buffer for a slow reader. Then the reader receives a gap.",
    )
    socket_message_bytes: int = Field(
        65_536, ge=1024, description="Maximum size of a message from a WebSocket client, in bytes."
    )
    socket_subscriptions: int = Field(
        256, ge=1, description="Maximum number of sessions that one WebSocket can subscribe to."
    )
    grace_seconds: float = Field(
        10, ge=0, description="Seconds that runs have to finish their current step when the server stops."
    )


class DatabaseSettings(_Group):
    """Where things are stored."""

    url: str | None = Field(
        None, description="`postgresql://…` or `sqlite:///…`. Default: flowdeck.db in the data folder."
    )
    pool_size: int = Field(
        10, ge=1, le=100, description="Number of PostgreSQL connections, or of SQLite connections for reading."
    )
    auto_upgrade: bool = Field(
        True, description="Upgrade the database to this version's schema when the server starts."
    )
    synchronous: Literal["FULL", "NORMAL"] = Field(
        "FULL",
        description="SQLite only. With FULL, stored data survives a power failure; with NORMAL, a crash of the "
        "process.",
    )


class RunSettings(_Group):
    """How runs execute, and the limits of a run that names none."""

    concurrency: int = Field(16, ge=1, description="Maximum number of runs that execute at once in this process.")
    after_crash: Literal["resume", "fail"] = Field(
        "resume", description="What happens to runs that were executing when their process died."
    )
    max_cut_offs: int = Field(
        3,
        ge=1,
        le=1000,
        description="Number of times in a row that a run's process may die in the same step before the run fails.",
    )
    threads: int = Field(
        64, ge=1, le=1000, description="Maximum number of non-async workflow functions that run at once."
    )
    abandoned_threads: int = Field(
        100,
        ge=0,
        le=10_000,
        description="Maximum number of functions that can keep running after their runs have ended.",
    )
    queue: int = Field(100, ge=1, le=10_000, description="Maximum number of queued runs per session.")
    steps: int = Field(100, ge=1, le=10_000, description="Maximum number of steps per run.")
    seconds: float = Field(3600, gt=0, description="Maximum number of seconds per run.")
    fan_out: int = Field(100, ge=1, le=10_000, description="Maximum number of branches that a parallel node can open.")


class WorkflowSettings(_Group):
    """What workflow files may reach."""

    roots: tuple[Path, ...] = Field(
        (), description="Folders with workflow files, in addition to `workflows` in the config folder."
    )
    max_bytes: int = Field(262_144, ge=1024, description="Maximum size of a workflow's text, in bytes.")
    python_allow: tuple[str, ...] = Field(
        (), description="Modules or `module:attribute`s that Python nodes and graphs can use."
    )
    inline_environment: tuple[str, ...] = Field(
        (),
        description="Variables that `${VAR}` can read in workflows sent as data. Workflow files can read all "
        "variables.",
    )
    http_allow_private: tuple[str, ...] = Field(
        (), description="Each `host` or `host:port` on a private network that HTTP nodes can call."
    )


class ErrorSettings(_Group):
    """What is kept of errors."""

    stacks_per_group: int = Field(
        1000,
        ge=1,
        description="Number of occurrences per group with a stored stack trace. After that, every hundredth is stored.",
    )


class MediaSettings(_Group):
    """Images, files and audio in messages."""

    max_bytes: int = Field(
        10_485_760, ge=1, description="Maximum size of an image, file or audio in a message, in bytes."
    )


class AnalyticsSettings(_Group):
    """Figures that are pushed over sockets."""

    push_seconds: float = Field(
        5, ge=0.1, le=3600, description="Interval between two pushes of performance_metrics, in seconds."
    )
    window_seconds: float = Field(
        900, ge=1, le=86_400, description="Length of the period that pushed figures cover, in seconds before now."
    )


class WebhookSettings(_Group):
    """How webhooks are delivered."""

    timeout_seconds: float = Field(10, gt=0, le=120, description="Maximum number of seconds per attempt.")
    attempts: int = Field(12, ge=1, le=100, description="Maximum number of attempts per delivery.")
    retry_seconds: float = Field(
        5, gt=0, le=3600, description="Seconds before the second attempt. Each later pause is four times as long."
    )
    give_up_hours: float = Field(72, gt=0, description="Hours after which a failed delivery is no longer retried.")
    disable_hours: float = Field(
        120, gt=0, description="Number of hours with only failures after which a webhook is disabled."
    )
    concurrency: int = Field(8, ge=1, le=100, description="Maximum number of deliveries at once.")
    allow_private: tuple[str, ...] = Field(
        (), description="Each `host` or `host:port` on a private network that webhooks can call."
    )


class RetentionSettings(_Group):
    """How long data is kept. None keeps everything."""

    interval_seconds: float = Field(3600, ge=1, description="Interval between two cleanups, in seconds.")
    sessions_days: float | None = Field(
        None, gt=0, description="Days after its last change until a session is deleted."
    )
    sessions_keep: int | None = Field(
        None, ge=1, description="Maximum number of sessions per project. The latest are kept."
    )
    sessions_bytes: int | None = Field(
        None, ge=1, description="Maximum size of a project's sessions, in bytes. The latest are kept."
    )
    checkpoints_days: float | None = Field(None, gt=0, description="Days until a session's earlier states are deleted.")
    checkpoints_keep: int | None = Field(
        None, ge=1, description="Maximum number of states per session. The latest are kept."
    )
    checkpoints_bytes: int | None = Field(
        None, ge=1, description="Maximum size of a session's states, in bytes. The latest are kept."
    )
    events_days: float | None = Field(None, gt=0, description="Days until events are deleted.")
    events_keep: int | None = Field(
        None, ge=1, description="Maximum number of events per session. The latest are kept."
    )
    events_bytes: int | None = Field(
        None, ge=1, description="Maximum size of a session's events, in bytes. The latest are kept."
    )
    deliveries_days: float | None = Field(30, gt=0, description="Days until finished webhook deliveries are deleted.")


class LogSettings(_Group):
    """What is logged."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Minimum log level.")
    format: Literal["console", "json"] = Field(
        "console", description="Log format: `console` for people, `json` for programs."
    )


class Settings(BaseSettings):
    """All settings. Frozen: made once, in the CLI or the container, and passed down."""

    model_config = SettingsConfigDict(
        env_prefix="FLOWDECK_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        nested_model_default_partial_update=True,
    )

    data_dir: Annotated[Path, Field(description="Folder for the database and for files that tools write.")] = Path(
        "data"
    )
    config_dir: Annotated[
        Path, Field(description="Folder with workflows/, models.yaml, tools.yaml and prices.yaml.")
    ] = Path("configs")
    config_poll_seconds: Annotated[
        float,
        Field(
            ge=0,
            le=3600,
            description="Interval, in seconds, for checking the model, tool and price files for changes. 0 disables "
            "the check.",
        ),
    ] = 2
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    runs: RunSettings = RunSettings()
    workflows: WorkflowSettings = WorkflowSettings()
    errors: ErrorSettings = ErrorSettings()
    media: MediaSettings = MediaSettings()
    analytics: AnalyticsSettings = AnalyticsSettings()
    webhooks: WebhookSettings = WebhookSettings()
    retention: RetentionSettings = RetentionSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings' own signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options over the environment over the file."""
        return init_settings, env_settings, _FileSource(settings_cls)

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


class _FileSource(PydanticBaseSettingsSource):
    """`flowdeck.yaml` of the config folder that the sources above name."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Not used: the file is read as a whole."""
        raise NotImplementedError

    def __call__(self) -> dict[str, Any]:
        folder = Path(self.current_state.get("config_dir") or Settings.model_fields["config_dir"].default)
        return dict(read_settings_file(folder))


SettingsFile = create_model(
    "SettingsFile",
    __base__=_Group,
    __doc__="The settings in `flowdeck.yaml`: all except `config_dir`.",
    **{name: (field.annotation, field) for name, field in Settings.model_fields.items() if name != "config_dir"},  # type: ignore[call-overload]  # its stubs know fields by name only
)


def read_settings_file(config_dir: Path) -> Mapping[str, Any]:
    """The values that `flowdeck.yaml` names; none without the file. Raises Unloadable `settings_invalid`."""
    path = config_dir / SETTINGS_FILE
    if not path.is_file():
        return {}
    shown = f"{config_dir.name}/{SETTINGS_FILE}"
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        place = (None, None) if mark is None else (mark.line + 1, mark.column + 1)
        raise _invalid(Problem(getattr(error, "problem", None) or str(error), "", shown, *place)) from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise _invalid(Problem("expected a mapping at the top level", "", shown))
    try:
        SettingsFile.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        raise _invalid(*(Problem(one["msg"], ".".join(map(str, one["loc"])), shown) for one in found)) from error
    if fault := settings_file_fault(values):
        raise _invalid(Problem(fault[1], fault[0], shown))
    return values


def settings_file_fault(values: Mapping[str, Any]) -> tuple[str, str] | None:
    """A field that holds a secret, which the environment alone may, and what to do; None where there is none."""
    for name, value in _leaves(values):
        if isinstance(value, str) and masked(name, value) != value:
            return name, "secrets must come from the environment; set FLOWDECK_" + name.upper().replace(".", "__")
    return None


def _invalid(*problems: Problem) -> Unloadable:
    return SettingsInvalid(first=problems[0], problems=problems)


@dataclass(frozen=True, slots=True)
class EffectiveSetting:
    """A setting as it counts, safe to show: secrets are `****`. `variable` is how the environment names it."""

    name: str
    value: Any
    source: Origin
    default: Any
    variable: str
    description: str
    description_zh: str


def effective_settings(settings: Settings) -> tuple[EffectiveSetting, ...]:
    """Every setting with where it came from, in the order of the documentation. Reads environment and file again."""
    environment = dict(_leaves(EnvSettingsSource(Settings)()))
    written = dict(_leaves(read_settings_file(settings.config_dir)))
    without_options = dict(_leaves_of(Settings(config_dir=settings.config_dir)))

    def origin(name: str, value: object) -> Origin:
        if name == "config_dir":
            chosen = environment.get(name)
            if chosen is not None and Path(chosen) == value:
                return "environment"
            return "default" if value == Settings.model_fields[name].default else "option"
        if value != without_options[name][0]:
            return "option"
        if name in environment:
            return "environment"
        return "file" if name in written else "default"

    return tuple(
        EffectiveSetting(
            name=name,
            value=masked(name, value),
            source=origin(name, value),
            default=masked(name, field.default),
            variable="FLOWDECK_" + name.upper().replace(".", "__"),
            description=field.description or "",
            description_zh=DESCRIPTIONS_ZH[name],
        )
        for name, (value, field) in _leaves_of(settings)
    )


def _leaves_of(settings: Settings) -> Iterator[tuple[str, tuple[Any, FieldInfo]]]:
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if not isinstance(value, BaseModel):
            yield name, (value, field)
            continue
        for key, inner in type(value).model_fields.items():
            yield f"{name}.{key}", (getattr(value, key), inner)


def _leaves(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
