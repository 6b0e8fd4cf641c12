"""What the commands share: their options, and the settings these make together with the environment."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from flowdeck.cli.output import to_people
from flowdeck.cli.places import packaged_configs
from flowdeck.errors.base import Problem
from flowdeck.errors.configuration import ConfigDirMissing, SettingsInvalid
from flowdeck.settings import LogSettings, Settings

ConfigDir = Annotated[
    Path | None,
    typer.Option("--config-dir", help="Folder with workflows/, models.yaml and tools.yaml. [default: configs]"),
]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder for the database and for files that tools write. [default: data]"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Output JSON.")]


def load_settings(
    *, config_dir: Path | None = None, data_dir: Path | None = None, **groups: Mapping[str, Any]
) -> Settings:
    """The environment's settings, and over them what the options say; an option or a value of None says nothing.

    Without a configuration folder, and if none was asked for, the packaged one is used, and standard error says so.
    Raises Unloadable `settings_invalid` with each variable at fault, Unavailable `config_dir_missing`.
    """
    said: dict[str, Any] = {"config_dir": config_dir, "data_dir": data_dir}
    said |= {name: {key: value for key, value in group.items() if value is not None} for name, group in groups.items()}
    try:
        settings = Settings(**{name: value for name, value in said.items() if value})
    except ValidationError as error:
        problems = _setting_problems(error)
        raise SettingsInvalid(first=problems[0], problems=problems) from error
    except SettingsError as error:  # a variable whose value is a list or an object, and no JSON
        raise SettingsInvalid(first=f'{error}; write lists as JSON: ["one", "two"]') from error
    if settings.config_dir.is_dir():
        return settings
    if "config_dir" in settings.model_fields_set:
        folder = settings.config_dir
        raise ConfigDirMissing(path=folder, parent=folder.parent)
    to_people().print(
        "The folder configs does not exist, so the packaged one is used. To create your own: flowdeck init .",
        style="dim",
    )
    return settings.model_copy(update={"config_dir": packaged_configs()})


def for_people(settings: Settings) -> LogSettings:
    """The log of a command that itself says what happens: errors only, unless a level was asked for."""
    if "level" in settings.log.model_fields_set:
        return settings.log
    return settings.log.model_copy(update={"level": "error"})


def json_object(text: str | None, option: str) -> dict[str, Any] | None:
    """An option's JSON object; None for an option that was not given. A usage error for anything else."""
    if text is None:
        return None
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise typer.BadParameter(f"is not JSON: {error}", param_hint=option) from error
    if not isinstance(value, dict):
        raise typer.BadParameter('is not a JSON object such as {"topic": "tea"}', param_hint=option)
    return value


def _setting_problems(error: ValidationError) -> tuple[Problem, ...]:
    return tuple(
        Problem(detail["msg"], f"FLOWDECK_{'__'.join(map(str, detail['loc']))}".upper())
        for detail in error.errors(include_url=False, include_input=False, include_context=False)
    )
