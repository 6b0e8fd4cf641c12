"""What pytest asks before it collects: the fixtures that every test may use, and what runs in which order.

The process that only hands tests to workers imports neither Flowdeck nor the fixtures: the workers wait for it.
"""

import gc

import pytest

from tests.second_database import mark_second_databases

LONG = ("tests/faults", "tests/benchmarks", "tests/console", "tests/cli")


def pytest_configure(config: pytest.Config) -> None:
    """Load the fixtures. Nothing looks for garbage until the tests are collected: what imports make stays."""
    if hasattr(config, "workerinput") or not config.getoption("numprocesses"):
        config.pluginmanager.import_plugin("tests.fixtures")
        gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage again, among what the tests make."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what only `make test-all` runs, and begin with what takes long, so that no worker ends with it alone."""
    mark_second_databases(items)
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
