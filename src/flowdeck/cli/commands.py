"""The commands by name, each imported when it is called: what `serve` imports takes seconds, `version` does not."""

import gc
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

import typer
from typer.core import TyperGroup
from typing_extensions import override

_MODULES: Mapping[str, str] = {
    "serve": "flowdeck.cli.serve",
    "run": "flowdeck.cli.run",
    "chat": "flowdeck.cli.chat",
    "workflows": "flowdeck.cli.workflows",
    "init": "flowdeck.cli.starter",
    "doctor": "flowdeck.cli.doctor",
    "db": "flowdeck.cli.database",
    "version": "flowdeck.cli.version",
}
"""Each module has a function `commands` that returns the command, or the group of commands, with this name."""


class LazyGroup(TyperGroup):
    """Commands that are not imported before one of them is called, or the help lists them."""

    @override
    def list_commands(self, ctx: object) -> list[str]:
        return list(_MODULES)

    @override
    def get_command(self, ctx: object, cmd_name: str) -> Any:
        if cmd_name not in _MODULES:
            return None
        made: typer.Typer = _imported(_MODULES[cmd_name]).commands()
        command = typer.main.get_command(made)
        command.name = cmd_name
        return command


def _imported(module: str) -> ModuleType:
    """The module. What an import makes stays; to look for garbage in it again and again takes a fifth of the time."""
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.enable()
