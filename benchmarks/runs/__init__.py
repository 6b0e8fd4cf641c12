"""What a stored run costs, beside the same graph on a plain server: `make bench-runs`."""
