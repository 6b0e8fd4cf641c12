"""What is sent to providers, and how their failures are told."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.exceptions import ContextOverflowError, ModelAPIError, ModelAuthenticationError
from langchain_core.messages import HumanMessage

from flowdeck.errors.base import ProviderFailed
from flowdeck.errors.providers import ProviderTimeout
from flowdeck.graphs.models import CallOptions, ModelRegistry
from flowdeck.graphs.providers.provider_errors import MESSAGE_LIMIT, read_failure
from flowdeck.graphs.providers.registry import PROVIDERS, known_providers
from flowdeck.graphs.providers.spec import ModelSpec
from flowdeck.yaml_source.located import Source
from tests.openai_server import OpenAIServer, Reply, Request

SCHEMA = {"type": "object", "properties": {"label": {"type": "string"}}, "required": ["label"]}
OPTIONS = CallOptions(temperature=0.0, max_tokens=9, seed=3, stop=("END",))
SPEC = ModelSpec.model_validate({"provider": "openai", "model": "gpt-x", "api_key": "s3cret"})


async def refused(provider: str, status: int, message: str, **keys: str) -> tuple[ProviderFailed, Request]:
    """The failure and the request of a call that the server refuses."""
    # Closed by the server, for LangChain keeps these providers' connections where nobody can close them.
    reply = Reply(status=status, message=message, headers={"connection": "close"})
    extra = "".join(f", {key}: {value}" for key, value in keys.items())
    with OpenAIServer([reply]) as server:
        address = server.base_url.removesuffix("/v1")
        text = f'models: {{m: {{provider: {provider}, model: x-1, retries: 0, base_url: "{address}"{extra}}}}}'
        models = ModelRegistry.load(Source("models.yaml", text), environment={"ANTHROPIC_API_KEY": "s3cret"})
        with pytest.raises(ProviderFailed) as caught:
            await models.get("m").generate([HumanMessage("hello")], {}, options=OPTIONS, schema=SCHEMA)
        await models.aclose()
    return caught.value, server.requests[0]


@pytest.mark.anyio
async def test_anthropic_gets_schema_options_and_key_its_own_way() -> None:
    failure, request = await refused("anthropic", 400, "too many tokens")
    assert failure.code == "provider_rejected"
    assert "too many tokens" in str(failure)
    assert request.headers["authorization"] == "Bearer s3cret"
    assert request.body["output_config"]["format"]["type"] == "json_schema"
    assert (request.body["max_tokens"], request.body["stop_sequences"]) == (9, ["END"])
    assert "seed" not in request.body


@pytest.mark.anyio
async def test_ollama_gets_schema_and_options_its_own_way() -> None:
    failure, request = await refused("ollama", 503, "overloaded", context_window="4096")
    assert failure.code == "provider_unavailable"
    assert request.body["format"] == SCHEMA
    assert request.body["options"] == {
        "temperature": 0.0,
        "num_predict": 9,
        "seed": 3,
        "stop": ["END"],
        "num_ctx": 4096,
    }


@pytest.mark.anyio
async def test_cancelling_closes_the_connection_to_anthropic() -> None:
    with OpenAIServer([Reply(ending="hang")]) as server:
        address = server.base_url.removesuffix("/v1")
        text = f'models: {{m: {{provider: anthropic, model: x-1, base_url: "{address}"}}}}'
        models = ModelRegistry.load(Source("models.yaml", text), environment={"ANTHROPIC_API_KEY": "s3cret"})
        task = asyncio.create_task(models.get("m").generate([HumanMessage("hello")], {}))
        assert await asyncio.to_thread(server.asked.wait, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.requests[0].left.wait, 10)
        await models.aclose()


@pytest.mark.anyio
async def test_a_package_that_is_not_installed_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_mistralai", None)
    models = ModelRegistry.load(Source("m.yaml", "models: {m: {provider: mistralai, model: x}}"), environment={})
    with pytest.raises(ProviderFailed, match="pip install langchain-mistralai"):
        await models.get("m").generate([HumanMessage("hello")], {})


def test_the_providers_that_register_themselves_are_known_beside_langchains() -> None:
    assert PROVIDERS.keys() == {"anthropic", "local", "ollama", "openai", "openai_compatible", "scripted"}
    assert PROVIDERS.keys() < known_providers().keys()
    assert known_providers()["mistralai"] == "langchain-mistralai"


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_has_a_client_and_is_documented(name: str) -> None:
    module, _, client = PROVIDERS[name].client.partition(":")
    assert hasattr(getattr(import_module(module), client), "chat")
    assert f"`{name}`" in (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")


def code_and_retry(error: Exception) -> tuple[str, bool]:
    failure = read_failure(error, SPEC)
    assert failure is not None
    return failure.error.code, failure.retry


def of_status(status: int, headers: dict[str, str] | None = None) -> httpx.HTTPStatusError:
    request = httpx.Request("POST", "http://example.org")
    response = httpx.Response(status, headers=headers, request=request)
    return httpx.HTTPStatusError("it said no", request=request, response=response)


@pytest.mark.parametrize(
    ("status", "code", "retry"),
    [
        (400, "provider_rejected", False),
        (401, "provider_auth_failed", False),
        (403, "provider_auth_failed", False),
        (404, "provider_rejected", False),
        (408, "provider_unavailable", True),
        (409, "provider_unavailable", True),
        (422, "provider_rejected", False),
        (429, "provider_rate_limited", True),
        (500, "provider_unavailable", True),
        (529, "provider_unavailable", True),
    ],
)
def test_a_status_says_what_failed_and_whether_to_try_again(status: int, code: str, retry: bool) -> None:
    assert code_and_retry(of_status(status)) == (code, retry)


@pytest.mark.parametrize(
    ("error", "code", "retry"),
    [
        (TimeoutError(), "provider_timeout", True),
        (httpx.ReadTimeout("slow"), "provider_timeout", True),
        (httpx.ReadError("gone"), "provider_unavailable", True),
        (ConnectionRefusedError("refused"), "provider_unavailable", True),
        (ValueError("No generation chunks were returned"), "provider_unavailable", True),
        (ValueError("tools are not known"), "provider_rejected", False),
        (ModelAuthenticationError("no"), "provider_auth_failed", False),
        (ContextOverflowError("too long"), "provider_rejected", False),
        (ModelAPIError("broken"), "provider_unavailable", True),
    ],
)
def test_failures_without_a_status(error: Exception, code: str, retry: bool) -> None:
    assert code_and_retry(error) == (code, retry)


def test_an_integration_that_fails_in_its_own_way_is_a_failure_of_the_provider_and_not_retried() -> None:
    failure = read_failure(KeyError("x"), SPEC)
    assert (failure.error.code, failure.retry) == ("provider_rejected", False)
    assert "KeyError: 'x'" in str(failure.error)


def test_messages_are_short_and_hold_no_key() -> None:
    failure = read_failure(ConnectionError("s3cret " + "long\n" * 200), SPEC)
    assert failure is not None
    message = str(failure.error.params["message"])
    assert "s3cret" not in message
    assert "\n" not in message
    assert len(message) == MESSAGE_LIMIT


def test_a_refused_key_is_told_without_the_providers_words() -> None:
    failure = read_failure(of_status(401), SPEC)
    assert failure is not None
    assert "it said no" not in str(failure.error)


def test_a_timeout_says_how_long() -> None:
    failure = read_failure(TimeoutError(), SPEC)
    assert failure is not None
    assert isinstance(failure.error, ProviderTimeout)
    assert "within 60 seconds" in str(failure.error)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "-4"}, 0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: Any) -> None:
    failure = read_failure(of_status(429, headers), SPEC)
    assert failure is not None
    assert failure.wait == seconds


def test_retry_after_as_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    failure = read_failure(of_status(503, {"retry-after": date}), SPEC)
    assert failure is not None
    assert failure.wait is not None
    assert 25 < failure.wait <= 30
