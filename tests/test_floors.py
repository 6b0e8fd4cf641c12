"""Every module stands on a floor of the layers contract, so that a new one cannot stand outside of it."""

import tomllib
from pathlib import Path

import flowdeck

REPOSITORY = Path(__file__).parent.parent


def _floors() -> set[str]:
    contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    return {module.strip() for layer in layers for module in layer.replace("|", ":").split(":")}


def _modules(package: Path, prefix: str) -> set[str]:
    named = {path.stem for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    return {f"{prefix}.{name}" for name in named - {"__init__"}}


def test_every_module_has_a_floor() -> None:
    root = Path(flowdeck.__file__).parent
    expected = (_modules(root, "flowdeck") - {"flowdeck.api"}) | _modules(root / "api", "flowdeck.api")
    assert expected - _floors() == set()
    assert _floors() - expected == set()
