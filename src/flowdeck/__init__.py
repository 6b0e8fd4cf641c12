"""Flowdeck: a self-hosted server for LLM-agent workflows."""

import os

__version__ = "0.1.0"

# LangGraph reads it when it is first imported: checkpoints then restore known types only, never any importable a
# forged row names. Set here because this file runs before every other of ours.
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"

# LangChain sends traces to LangSmith where this is set; here that happens only if an operator asks for it.
os.environ.setdefault("LANGSMITH_TRACING", "false")
