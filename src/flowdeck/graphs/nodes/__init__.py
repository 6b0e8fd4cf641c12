"""Node types: a package each, with the keys and checks in `spec.py` and the execution in `step.py`."""
