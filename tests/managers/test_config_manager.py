import os
from pathlib import Path

import pytest

from flowdeck.errors.base import Unloadable
from flowdeck.managers.config_manager import ConfigManager
from flowdeck.settings import Settings, WorkflowSettings

TEXT = "name: x\n"


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    folder = tmp_path / "configs"
    (folder / "workflows" / "sub").mkdir(parents=True)
    (folder / "workflows" / "x.yaml").write_text(TEXT)
    (folder / "workflows" / "sub" / "y.yaml").write_text(TEXT)
    (folder / "models.yaml").write_text("secret: 1\n")
    (tmp_path / "outside.yaml").write_text(TEXT)
    return folder


def manager(configs: Path, **workflows: object) -> ConfigManager:
    return ConfigManager(Settings(config_dir=configs, workflows=WorkflowSettings.model_validate(workflows)), {})


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("configs/workflows/x.yaml", "configs/workflows/x.yaml"),
        ("workflows/x.yaml", "configs/workflows/x.yaml"),
        ("x.yaml", "configs/workflows/x.yaml"),
        ("./configs/workflows/x.yaml", "configs/workflows/x.yaml"),
        ("sub/y.yaml", "configs/workflows/sub/y.yaml"),
    ],
)
def test_a_workflow_is_named_from_its_folder_or_from_outside(configs: Path, path: str, shown: str) -> None:
    source = manager(configs).read_workflow(path)
    assert (source.path, source.text) == (shown, TEXT)


@pytest.mark.parametrize(
    "path",
    [
        "",
        " ",
        "../outside.yaml",
        "configs/workflows/../../outside.yaml",
        "configs/workflows/../models.yaml",
        "/etc/passwd",
        "//etc/passwd",
        "~/x.yaml",
        "C:\\x.yaml",
        "..\\outside.yaml",
        "\\\\host\\share",
        "file:///etc/passwd",
        "https://example.org/x.yaml",
        "x.yaml\0",
        "x\n.yaml",
        "%2e%2e/outside.yaml",
        "%2Fetc%2Fpasswd",
        "configs/workflows/%2e%2e/%2e%2e/outside.yaml",
        "x.yaml%00",
        "a" * 5000,
        "\u202elmay.x",
    ],
)
def test_a_path_that_could_leave_the_folders_is_refused(configs: Path, path: str) -> None:
    with pytest.raises(Unloadable) as caught:
        manager(configs).read_workflow(path)
    assert caught.value.code == "path_outside_roots"


@pytest.mark.parametrize("path", ["configs/models.yaml", "models.yaml", "nothing.yaml", "configs/workflows/no/x.yaml"])
def test_what_is_no_workflow_file_is_not_found(configs: Path, path: str) -> None:
    with pytest.raises(Unloadable) as caught:
        manager(configs).read_workflow(path)
    assert caught.value.code == "path_not_found"


def test_a_link_that_leads_outside_is_refused_and_one_inside_is_followed(configs: Path) -> None:
    (configs / "workflows" / "out.yaml").symlink_to(configs.parent / "outside.yaml")
    (configs / "workflows" / "dangling.yaml").symlink_to("/nowhere/at/all")
    (configs / "workflows" / "in.yaml").symlink_to(configs / "workflows" / "x.yaml")

    for name in ("out.yaml", "dangling.yaml"):
        with pytest.raises(Unloadable) as caught:
            manager(configs).read_workflow(name)
        assert caught.value.code == "path_outside_roots"
    assert manager(configs).read_workflow("in.yaml").text == TEXT


def test_a_loop_of_links_is_refused(configs: Path) -> None:
    (configs / "workflows" / "a.yaml").symlink_to(configs / "workflows" / "b.yaml")
    (configs / "workflows" / "b.yaml").symlink_to(configs / "workflows" / "a.yaml")
    with pytest.raises(Unloadable):
        manager(configs).read_workflow("a.yaml")


def test_folders_pipes_and_devices_are_no_workflow_files(configs: Path) -> None:
    os.mkfifo(configs / "workflows" / "pipe.yaml")
    (configs / "workflows" / "zero.yaml").symlink_to("/dev/zero")
    for name in ("sub", "pipe.yaml", "zero.yaml"):
        with pytest.raises(Unloadable) as caught:
            manager(configs).read_workflow(name)
        assert caught.value.code in {"path_not_a_file", "path_outside_roots"}


@pytest.mark.parametrize(("size", "refused"), [(1024, False), (1025, True)])
def test_a_text_over_the_limit_is_refused(configs: Path, size: int, refused: bool) -> None:
    (configs / "workflows" / "large.yaml").write_text("#" * size)
    reader = manager(configs, max_bytes=1024)
    if not refused:
        assert len(reader.read_workflow("large.yaml").text) == size
        return
    with pytest.raises(Unloadable) as caught:
        reader.read_workflow("large.yaml")
    assert caught.value.code == "definition_too_large"


def test_bytes_that_are_no_text_are_refused(configs: Path) -> None:
    (configs / "workflows" / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Unloadable) as caught:
        manager(configs).read_workflow("binary.yaml")
    assert caught.value.code == "path_not_a_file"


def test_other_folders_may_hold_workflows_too(configs: Path, tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    (more / "z.yaml").write_text(TEXT)
    assert manager(configs, roots=(more,)).read_workflow("z.yaml").path == "more/z.yaml"
