from pathlib import Path

import pytest

from tests.workbench import Workbench


@pytest.fixture
def workbench(tmp_path: Path, database_url: str) -> Workbench:
    return Workbench(tmp_path, database_url)
