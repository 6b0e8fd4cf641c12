"""The one lifecycle of a run."""
