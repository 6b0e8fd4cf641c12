"""What can be documented is documented: settings, commands, decisions, and links that lead somewhere."""

import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from pydantic import BaseModel

from flowdeck.cli import command_line
from flowdeck.graphs.definition import Source, parse_definition
from flowdeck.graphs.models import ModelRegistry
from flowdeck.settings import Settings

REPOSITORY = Path(__file__).parent.parent
PAGES = sorted(
    path.relative_to(REPOSITORY).as_posix()
    for pattern in ("*.md", "docs/*.md", "docs/*/*.md")
    for path in REPOSITORY.glob(pattern)
)

_ROUTE = r"/api/[\w/.{}-]*"
_BESIDE_THE_API = ("/api/docs", "/api/openapi.json")
"""Addresses that are not operations of the API, so its document does not have them."""


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


def _without_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def _anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    return {_anchor(title) for title in re.findall(r"^#+ (.+)$", _without_blocks(text), re.MULTILINE)}


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _shell_lines(text: str) -> Iterator[str]:
    """Each command in blocks for a shell, and each `flowdeck …` within a sentence."""
    for block in re.findall(r"^```(?:sh|bash|console)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            yield from (part.strip() for part in line.split("&&") if "flowdeck " in part and "$(" not in part)
    yield from re.findall(r"`((?:\w+=\S+ )?flowdeck [^`]+)`", _without_blocks(text))


@cache
def _options() -> dict[str, set[str]]:
    """The options of each command."""
    return {name: {option for each in command.params for option in each.opts} for name, command in _commands()}


@cache
def _operations() -> list[tuple[re.Pattern[str], set[str]]]:
    """Each address of the API as a pattern, with its methods."""
    paths = {path: {"get"} for path in _BESIDE_THE_API}
    paths |= {path: set(operations) for path, operations in json.loads(_text("openapi.json"))["paths"].items()}
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path.rstrip("/"))), methods) for path, methods in paths.items()]


def _exists(method: str, path: str) -> bool:
    """Whether the API has this operation; for an empty method, any operation at this address."""
    return any(
        pattern.fullmatch(path.rstrip("/")) and method.lower() in {"", *methods} for pattern, methods in _operations()
    )


def _no_subworkflow(path: str) -> Source:
    raise AssertionError(path)


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


@pytest.mark.parametrize("page", PAGES)
def test_links_to_headings_lead_to_one(page: str) -> None:
    folder = (REPOSITORY / page).parent
    links = re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", _text(page))
    assert [
        f"{target}#{anchor}"
        for target, anchor in links
        if anchor not in _anchors((folder / target).read_text(encoding="utf-8") if target else _text(page))
    ] == []


def test_the_index_has_every_page_and_every_task() -> None:
    index = _text("docs/README.md")
    pages = [path for path in sorted((REPOSITORY / "docs").glob("*.md")) if path.name != "README.md"]
    links = {f"]({path.name}" for path in pages}
    for path in pages:
        _, _, tasks = path.read_text(encoding="utf-8").partition("\n## Tasks\n")
        links |= {
            f"[{title}]({path.name}#{_anchor(title)})" for title in re.findall(r"^### (.+)$", tasks, re.MULTILINE)
        }
    assert len(links) > 60
    assert sorted(link for link in links if link not in index) == []


@pytest.mark.parametrize("page", PAGES)
def test_the_yaml_in_the_docs_loads(page: str) -> None:
    for text in re.findall(r"^```yaml\n(.*?)^```$", _text(page), re.MULTILINE | re.DOTALL):
        value = yaml.safe_load(text)
        source = Source(page, text)
        if "models" in value:
            ModelRegistry.load(source, environment={})
        elif "name" in value:
            parse_definition(source, environment={}, resolve=_no_subworkflow)
        else:
            assert isinstance(value, dict), page


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_in_the_docs_exist_with_their_options(page: str) -> None:
    known = _options()
    for line in _shell_lines(_text(page)):
        words = shlex.split(line, comments=True)
        while words and (words[0] == "sudo" or "=" in words[0]):
            words = words[3:] if words[0] == "sudo" else words[1:]  # sudo -u USER
        if not words or Path(words[0]).name != "flowdeck" or len(words) == 1 or not words[1].islower():
            continue
        name = next((n for n in (" ".join(words[1:3]), words[1]) if f"flowdeck {n}" in known), None)
        assert name is not None or words[1] == "--help", line
        used = {word.partition("=")[0] for word in words if word.startswith("--")} - {"--help"}
        assert name is None or used <= known[f"flowdeck {name}"], line


@pytest.mark.parametrize("page", PAGES)
def test_the_routes_in_the_docs_exist(page: str) -> None:
    text = _text(page)
    named = re.findall(rf"`(GET|POST|PUT|PATCH|DELETE) ({_ROUTE})", text)
    called = [("", path) for path in re.findall(rf"127\.0\.0\.1:8321({_ROUTE})", text)]
    assert [route for route in [*named, *called] if not _exists(*route)] == []


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
