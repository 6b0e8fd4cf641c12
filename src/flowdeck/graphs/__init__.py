"""Workflow texts into LangGraph graphs: pure, importable without a server."""
