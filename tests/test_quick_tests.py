"""Which tests `make test-quick` chooses."""

import pytest

from scripts.quick_tests import nearest, read_imports, within

IMPORTS = {
    "src/flowdeck/engine/pricing.py": set[str](),
    "src/flowdeck/engine/runner.py": {"src/flowdeck/engine/pricing.py"},
    "tests/workbench.py": {"src/flowdeck/engine/runner.py"},
    "tests/engine/test_pricing.py": {"src/flowdeck/engine/pricing.py"},
    "tests/engine/test_runner.py": {"tests/workbench.py"},
    "tests/engine/conftest.py": {"tests/workbench.py"},
    "tests/graphs/test_shipped.py": set[str](),
    "tests/test_logs.py": set[str](),
}


@pytest.mark.parametrize(
    ("changed", "chosen"),
    [
        ("src/flowdeck/engine/pricing.py", ["tests/engine/test_pricing.py", "tests/engine/test_runner.py"]),
        ("src/flowdeck/engine/runner.py", ["tests/engine/test_runner.py"]),
        ("tests/workbench.py", ["tests/engine/test_runner.py"]),
        ("tests/test_logs.py", ["tests/test_logs.py"]),
        ("tests/engine/conftest.py", ["tests/engine/test_pricing.py", "tests/engine/test_runner.py"]),
        ("configs/workflows/chat.yaml", ["tests/graphs/test_shipped.py"]),
        ("LICENSE", []),
    ],
)
def test_the_tests_of_a_change_are_those_that_its_imports_lead_to(changed: str, chosen: list[str]) -> None:
    assert nearest([changed], IMPORTS) == chosen


def test_what_is_nearer_comes_first() -> None:
    imports = {**IMPORTS, "tests/api/test_far.py": {"tests/engine/test_runner.py"}}
    imports["tests/api/test_near.py"] = {"src/flowdeck/engine/pricing.py"}

    assert nearest(["src/flowdeck/engine/pricing.py"], imports) == [
        "tests/engine/test_pricing.py",
        "tests/api/test_near.py",
        "tests/engine/test_runner.py",
        "tests/api/test_far.py",
    ]


def test_more_than_fits_is_left_out_and_never_all() -> None:
    files = ["tests/console/test_home.py", "tests/graphs/test_state.py", "tests/faults/test_crash.py"]

    assert within(files, 13) == (files[:2], files[2:])
    assert within(files, 1) == (files[:1], files[1:])


def test_imports_of_the_source_are_read() -> None:
    imports = read_imports()

    assert "src/flowdeck/storage/tables.py" in imports["src/flowdeck/storage/database.py"]
    assert "scripts/quick_tests.py" in imports["tests/test_quick_tests.py"]
    tables = nearest(["src/flowdeck/storage/tables.py"], imports)
    assert len(tables) > 100
    assert len(within(tables, 70)[0]) < 60
