"""The HTTP and WebSocket interface; FastAPI lives here and nowhere else."""
