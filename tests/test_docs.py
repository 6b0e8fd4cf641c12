"""What can be documented is documented: settings, commands, decisions, and links that lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from pydantic import BaseModel

from flowdeck.cli import command_line
from flowdeck.settings import Settings

REPOSITORY = Path(__file__).parent.parent
PAGES = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for pattern in ("*.md", "docs/*.md", "docs/*/*.md")
    for path in REPOSITORY.glob(pattern)
)


def _text(page: str) -> str:
    return (REPOSITORY / page).read_text(encoding="utf-8")


def _settings() -> Iterator[tuple[str, object]]:
    """Each variable and its default."""
    for name, field in Settings.model_fields.items():
        if not isinstance(field.default, BaseModel):
            yield f"FLOWDECK_{name.upper()}", field.default
            continue
        for key, inner in type(field.default).model_fields.items():
            yield f"FLOWDECK_{name.upper()}__{key.upper()}", inner.default


def _commands() -> Iterator[tuple[str, typer.core.TyperCommand]]:
    """Each command by all its words."""
    group: Any = typer.main.get_command(command_line())
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if not hasattr(command, "commands"):
            yield f"flowdeck {name}", command
            continue
        for inner, below in command.commands.items():
            yield f"flowdeck {name} {inner}", below


def _written(default: object) -> str:
    if default is None:
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return "`[]`" if default == () else f"`{default}`"


@pytest.mark.parametrize(("variable", "default"), list(_settings()))
def test_a_setting_is_documented_with_its_default(variable: str, default: object) -> None:
    rows = re.findall(rf"^\| `{variable}` \| ([^|]+) \| [^|]+ \|$", _text("docs/settings.md"), re.MULTILINE)
    assert rows == [_written(default)]


def test_no_setting_is_documented_that_does_not_exist() -> None:
    documented = set(re.findall(r"^\| `(FLOWDECK_\w+)`", _text("docs/settings.md"), re.MULTILINE))
    assert documented == {variable for variable, _ in _settings()}


def test_every_command_is_documented_and_no_other() -> None:
    documented = re.findall(r"^\| `(flowdeck [a-z ]+)` \|", _text("docs/cli.md"), re.MULTILINE)
    assert sorted(documented) == sorted(name for name, _ in list(_commands()))


@pytest.mark.parametrize(("name", "command"), list(_commands()))
def test_the_help_of_a_command_has_an_example_of_it(name: str, command: typer.core.TyperCommand) -> None:
    assert command.help
    assert re.match(rf"Example:  (\w+=\S+ )?{name}\b", command.epilog or "")


def test_every_decision_is_numbered_has_its_parts_and_is_linked_from_the_architecture() -> None:
    decisions = sorted((REPOSITORY / "docs" / "decisions").glob("*.md"))
    assert [path.name[:4] for path in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    for path in decisions:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]} · "), path.name
        assert re.findall(r"^## (\w+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"], path.name
        assert f"(decisions/{path.name})" in _text("docs/architecture.md"), path.name


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    folder = (REPOSITORY / page).parent
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)", _text(page))
    assert [target for target in targets if not (folder / target).exists()] == []


@pytest.mark.parametrize("code", ["0", "1", "2", "3", "130"])
def test_every_exit_code_is_documented(code: str) -> None:
    assert f"\n| {code} | " in _text("docs/cli.md")


def test_the_makefile_says_of_every_target_what_it_does() -> None:
    makefile = _text("Makefile")
    (phony,) = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert set(phony.split()) == set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))


def test_the_recipes_name_files_that_exist() -> None:
    text = _text("docs/extending.md")
    roots = ("src/", "tests/", "docs/", "console/", "README", "CHANGELOG", "pyproject")
    named = {name for name in re.findall(r"`([^`\s]+)`", text) if name.startswith(roots) and "<" not in name}
    assert len(named) > 25
    assert sorted(name for name in named if not (REPOSITORY / name).exists()) == []
