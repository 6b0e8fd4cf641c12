"""Files replaced whole, whatever happens in the midst."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flowdeck.errors.base import Unavailable
from flowdeck.managers.config_files import ConfigFiles
from flowdeck.settings import Settings, WorkflowSettings

OLD, NEW = "models: {}\n", "models: {default: {provider: local}}\n"

# Writes everything beside the old file, and then is killed before the rename.
KILLED = """
import os, signal, sys
from pathlib import Path
from flowdeck.managers.config_files import ConfigFiles
from flowdeck.settings import Settings
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
files = ConfigFiles(Settings(config_dir=sys.argv[1]))
files.write({files.find("models.yaml"): sys.argv[2]})
"""


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    folder = tmp_path / "configs"
    (folder / "workflows").mkdir(parents=True)
    (folder / "models.yaml").write_text(OLD)
    return folder


def test_a_process_that_is_killed_before_the_rename_leaves_the_old_text(configs: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(configs), NEW], check=False)

    assert killed.returncode == -signal.SIGKILL
    assert (configs / "models.yaml").read_text() == OLD
    (left,) = configs.glob(".flowdeck-*")
    assert left.read_text() == NEW, "the process was killed too early to show anything"

    files = ConfigFiles(Settings(config_dir=configs))
    assert [file.path for file in files.list_files()] == ["models.yaml"]
    an_hour_ago = time.time() - 3600
    os.utime(left, (an_hour_ago, an_hour_ago))
    files.write({files.find("models.yaml"): NEW})
    assert (configs / "models.yaml").read_text() == NEW
    assert [path.name for path in configs.iterdir() if path.name.startswith(".")] == []


def test_a_folder_that_is_in_the_way_is_told(configs: Path) -> None:
    (configs / "workflows" / "x").write_text("a file where a folder is needed")
    files = ConfigFiles(Settings(config_dir=configs))
    with pytest.raises(Unavailable) as caught:
        files.write({files.find("models.yaml"): NEW, files.find("workflows/x/y.yaml"): NEW})
    assert caught.value.code == "config_not_writable"
    assert (configs / "models.yaml").read_text() == OLD


def test_folders_of_one_name_are_told_apart(configs: Path, tmp_path: Path) -> None:
    roots = tuple(tmp_path / part / "shared" for part in ("a", "b"))
    for root in roots:
        root.mkdir(parents=True)
        (root / "x.yaml").write_text(str(root))
    files = ConfigFiles(Settings(config_dir=configs, workflows=WorkflowSettings(roots=roots)))

    assert [file.path for file in files.list_files()] == ["models.yaml", "shared-2/x.yaml", "shared/x.yaml"]
    assert files.read(files.find("shared-2/x.yaml")).text == str(roots[1])
