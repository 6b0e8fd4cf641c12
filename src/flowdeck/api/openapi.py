"""Writes the OpenAPI document, which is committed: `python -m flowdeck.api.openapi [PATH]`."""

import json
import sys
from pathlib import Path

from flowdeck.api.main import create_app
from flowdeck.settings import Settings


def openapi_text() -> str:
    """The document as it is committed."""
    document = create_app(Settings()).openapi()
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else "openapi.json").write_text(openapi_text(), encoding="utf-8")
