"""Where the command line finds things: the packaged configuration, and the workflow file that a person means."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import flowdeck
from flowdeck.errors.base import Unloadable
from flowdeck.errors.workflows import PathNotFound
from flowdeck.managers.config_manager import ConfigManager
from flowdeck.settings import Settings


def packaged_configs() -> Path:
    """The configuration that comes with Flowdeck: in the wheel, or in the repository of an editable install."""
    packaged = Path(str(files(flowdeck))) / "configs"
    return packaged if packaged.is_dir() else Path(flowdeck.__file__).parents[2] / "configs"


def locate_workflow(reference: str, settings: Settings, environment: Mapping[str, str]) -> tuple[Settings, str]:
    """Settings that let `reference` be loaded, and the path under which they do.

    `reference` is any file of this machine, or a bare name for `<config folder>/workflows/NAME.yaml`. A file outside
    the workflow folders makes its own folder one of them, for this call: a person who types the path may read the file.
    Raises Unloadable `path_not_found`.
    """
    shipped, *_ = settings.workflow_roots
    path = _find(reference, shipped)
    if path.is_relative_to(shipped.resolve()):
        return settings, str(path.relative_to(shipped.resolve()))
    alone = ConfigManager(_with_roots(settings, ()), environment)
    for folder in path.parents:
        name = str(path.relative_to(folder))
        # A name that the config folder has too would lead there, so the name grows until it is this file's alone.
        if not _leads_somewhere(alone, name):
            return _with_roots(settings, (folder, *settings.workflows.roots)), name
    raise PathNotFound(path=reference)


def _find(reference: str, shipped: Path) -> Path:
    """The file that is meant. A device or a pipe is found too, and refused when it is read."""
    path = Path(reference).expanduser()
    if not path.exists() and path.name == reference and not path.suffix:
        path = shipped / f"{reference}.yaml"
    if not path.exists():
        raise PathNotFound(path=path)
    return path.resolve()


def _leads_somewhere(config: ConfigManager, name: str) -> bool:
    try:
        config.read_workflow(name)
    except Unloadable as error:
        return error.code != "path_not_found"
    return True


def _with_roots(settings: Settings, roots: tuple[Path, ...]) -> Settings:
    workflows = settings.workflows.model_copy(update={"roots": roots})
    return settings.model_copy(update={"workflows": workflows})
