"""How runs reach the process that executes them: a dispatcher takes them, and a worker executes them."""
