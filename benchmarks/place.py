"""A folder with the benchmarks' configuration, and Flowdeck's settings for it."""

import shutil
from pathlib import Path

from flowdeck.settings import DatabaseSettings, ServerSettings, Settings

CONFIGS = Path(__file__).parent / "configs"


def settings_in(folder: Path, database_url: str | None = None) -> Settings:
    """Settings over a copy of the configuration in `folder`; without a URL the database is a file there."""
    if not (folder / "configs").exists():
        shutil.copytree(CONFIGS, folder / "configs")
    return Settings(
        data_dir=folder / "data",
        config_dir=folder / "configs",
        config_poll_seconds=0,
        database=DatabaseSettings(url=database_url),
        server=ServerSettings(grace_seconds=0),
    )
