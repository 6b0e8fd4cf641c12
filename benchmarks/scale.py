"""How much of the month the tests seed: FLOWDECK_BENCH_SCALE, 1 for all of it."""

import os

SCALE = float(os.environ.get("FLOWDECK_BENCH_SCALE", "0.01"))
