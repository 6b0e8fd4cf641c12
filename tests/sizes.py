"""How large the tests are that have a full size: `make test-faults` asks for it, the suite takes a small one."""

import os

FULL = os.environ.get("FLOWDECK_FAULTS") == "full"
