"""Every setting, and the only place they are read: from the environment, below it from `flowdeck.yaml`.

In the environment a setting is `FLOWDECK_` and its name, with `__` between levels; the file is in the config folder.
Nothing else reads the environment, except `${VAR}` in the configuration files and the keys of model providers.
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

    host: str = Field("127.0.0.1", description="Address to listen on; only loopback until keys exist.")
    port: int = Field(8321, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    allowed_hosts: tuple[str, ...] = Field((), description="Host names answered besides loopback's.")
    allowed_origins: tuple[str, ...] = Field((), description="Origins let in besides the server's own.")
    max_body_bytes: int = Field(16_777_216, ge=1024, description="Largest request body, in bytes.")
    heartbeat_seconds: float = Field(15, gt=0, description="Pause after which an idle stream sends a sign of life.")
    subscriber_queue: int = Field(1000, ge=1, description="Events kept for one slow reader before it gets a gap.")
    subscriber_queue_bytes: int = Field(
        4_194_304, ge=65_536, description="Bytes of events kept for one slow reader before it gets a gap."
    )
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
    after_crash: Literal["resume", "fail"] = Field(
        "resume", description="What becomes of runs that were executing when their process died."
    )
    max_cut_offs: int = Field(
        3, ge=1, le=1000, description="Times in a row that a run's process may die within a step; then the run fails."
    )
    threads: int = Field(64, ge=1, le=1000, description="Functions of workflows that are not async and run at once.")
    abandoned_threads: int = Field(
        100, ge=0, le=10_000, description="Functions that may still run after their runs have ended."
    )
    queue: int = Field(100, ge=1, le=10_000, description="Runs of one session that may wait in its queue.")
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


class MediaSettings(_Group):
    """Images, files and audio in messages."""

    max_bytes: int = Field(10_485_760, ge=1, description="Largest image, file or audio in a message, in bytes.")


class AnalyticsSettings(_Group):
    """Figures that are pushed over sockets."""

    push_seconds: float = Field(5, ge=0.1, le=3600, description="Pause between two pushes of performance_metrics.")
    window_seconds: float = Field(900, ge=1, le=86_400, description="Time before now that pushed figures are of.")


class WebhookSettings(_Group):
    """How webhooks are delivered."""

    timeout_seconds: float = Field(10, gt=0, le=120, description="Seconds that one attempt may take.")
    attempts: int = Field(12, ge=1, le=100, description="Attempts after which a delivery is given up.")
    retry_seconds: float = Field(
        5, gt=0, le=3600, description="Pause before the second attempt; four times longer before each further one."
    )
    give_up_hours: float = Field(72, gt=0, description="Hours after which a delivery is given up.")
    disable_hours: float = Field(120, gt=0, description="Hours of failures only that disable a webhook.")
    concurrency: int = Field(8, ge=1, le=100, description="Deliveries under way at once.")
    allow_private: tuple[str, ...] = Field(
        (), description="`host` or `host:port` on a private network that webhooks may lead to."
    )


class RetentionSettings(_Group):
    """What is thrown away by and by. None: nothing."""

    interval_seconds: float = Field(3600, ge=1, description="Pause between two times of tidying up.")
    sessions_days: float | None = Field(None, gt=0, description="Days after its last change that a session goes.")
    sessions_keep: int | None = Field(None, ge=1, description="Sessions of a project that stay, the latest ones.")
    sessions_bytes: int | None = Field(None, ge=1, description="Bytes of a project's sessions that stay.")
    checkpoints_days: float | None = Field(None, gt=0, description="Days after which a session's earlier states go.")
    checkpoints_keep: int | None = Field(None, ge=1, description="States of a session that stay, the latest ones.")
    checkpoints_bytes: int | None = Field(None, ge=1, description="Bytes of a session's states that stay.")
    events_days: float | None = Field(None, gt=0, description="Days after which events go.")
    events_keep: int | None = Field(None, ge=1, description="Events of a session that stay, the latest ones.")
    events_bytes: int | None = Field(None, ge=1, description="Bytes of a session's events that stay.")
    deliveries_days: float | None = Field(30, gt=0, description="Days after which webhooks' ended deliveries go.")


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
    config_poll_seconds: Annotated[
        float,
        Field(ge=0, le=3600, description="Pause between looks for changed model, tool and price files; 0: never."),
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
    __doc__="What `flowdeck.yaml` may hold: every setting but the folder that it stands in.",
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
            return name, "secrets come from the environment only: set FLOWDECK_" + name.upper().replace(".", "__")
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
