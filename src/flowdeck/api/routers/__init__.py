"""The routes: HTTP and nothing else."""
