"""Passes runs to the process that executes them: a dispatcher receives them, and a worker executes them."""
