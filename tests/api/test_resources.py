"""Models, tools and prices in force, and a model that is tested, over HTTP."""

import json
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient

from flowdeck.api.main import create_app
from flowdeck.engine import model_tests
from tests.factories import MODELS, code_of, problem_of
from tests.openai_server import OpenAIServer, Reply, Usage
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio

KEY = "sk-very-secret-key-0123456789"


async def get(client: AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.get(f"/api/config/{path}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def ask(client: AsyncClient, name: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/api/config/models/{name}/test", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def write_remote(workbench: Workbench, server: OpenAIServer) -> None:
    remote = {
        "provider": "openai_compatible",
        "model": "house-model",
        "base_url": server.base_url,
        "api_key": "${HOUSE_KEY}",
        "headers": {"X-Api-Key": "${HOUSE_KEY}"},
        "retries": 2,
        "fallbacks": ["default"],
    }
    workbench.write("models.yaml", json.dumps({"models": {**MODELS, "remote": remote}}))


async def test_models_are_listed_with_their_prices(client: AsyncClient, workbench: Workbench) -> None:
    workbench.write("prices.yaml", 'prices: {rehearsal-1: {currency: EUR, input: "3.00", output: "15.00"}}')
    page = await get(client, "models")
    assert [model["name"] for model in page["models"]] == list(MODELS)
    assert page["total"] == len(MODELS)
    first = page["models"][0]
    assert (first["provider"], first["model"], first["missing_variables"]) == ("scripted", "rehearsal-1", [])
    assert (first["price"]["currency"], first["price"]["source"]) == ("EUR", "prices.yaml")
    assert first["price"]["rates"] == {
        "input": "3",
        "cached": "3",
        "cache_write": "3",
        "output": "15",
        "reasoning": "15",
    }
    workbench.write("prices.yaml", "prices: {}")
    assert {model["price"] is None for model in (await get(client, "models"))["models"]} == {True}


async def test_a_price_of_ones_own_stands_beside_the_listed_one(client: AsyncClient, workbench: Workbench) -> None:
    mini = {"provider": "openai", "model": "gpt-4o-mini"}
    workbench.write("models.yaml", json.dumps({"models": {"mini": mini}}))
    workbench.write("prices.yaml", 'prices: {gpt-4o-mini: {currency: EUR, input: "3.00", output: "15.00"}}')
    (model,) = (await get(client, "models"))["models"]
    assert (model["price"]["source"], model["price"]["rates"]["output"]) == ("prices.yaml", "15")
    assert (model["listed_price"]["source"], model["listed_price"]["rates"]["output"]) == ("genai-prices", "0.6")
    workbench.write("prices.yaml", "prices: {}")
    (model,) = (await get(client, "models"))["models"]
    assert model["price"] == model["listed_price"]


async def test_a_model_that_lacks_a_variable_says_which_and_no_key_is_told(workbench: Workbench) -> None:
    with OpenAIServer([Reply("Yes.")]) as server:
        write_remote(workbench, server)
        for environment, missing in (({}, ["HOUSE_KEY"]), ({"HOUSE_KEY": KEY}, [])):
            app = create_app(workbench.settings(), environment=environment)
            async with (
                app.router.lifespan_context(app),
                AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1", timeout=30) as client,
            ):
                answer = await client.get("/api/config/models")
                remote = next(model for model in answer.json()["models"] if model["name"] == "remote")
                assert (remote["missing_variables"], remote["fallbacks"]) == (missing, ["default"])
                assert KEY not in answer.text
                if missing:
                    refused = await client.post("/api/config/models/remote/test")
                    assert code_of(refused) == (400, "environment_variable_missing")
        assert server.requests == []


async def test_one_unfit_model_keeps_no_other_from_answering(workbench: Workbench) -> None:
    entry = {"provider": "openai_compatible", "model": "house", "base_url": "${HOUSE_URL}"}
    scripted = {"provider": "scripted", "model": "s", "replies": [{"text": "Yes."}]}
    workbench.write("models.yaml", json.dumps({"models": {"house": entry, "default": scripted}}))
    app = create_app(workbench.settings(), environment={"HOUSE_URL": f"https://user:{KEY}@gpu-box"})
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1", timeout=30) as client,
    ):
        answer = await client.get("/api/config/models", headers={"accept-language": "zh"})
        house, default = answer.json()["models"]
        assert (house["missing_variables"], default["unavailable"]) == ([], None)
        assert "models.house.base_url: URL 中不能包含" in house["unavailable"]
        refused = await client.post("/api/config/models/house/test")
        assert code_of(refused) == (400, "model_unavailable")
        assert (await ask(client, "default"))["text"] == "Yes."
        assert KEY not in answer.text + refused.text

        # What is unavailable already does not keep the file from being changed; what would become so does.
        text = json.dumps({"models": {"house": entry, "default": scripted, "more": scripted}})
        url = "/api/config/files/models.yaml"
        assert (await client.put(url, json={"content": text})).status_code == 200
        more = text.replace(
            '"more": {',
            '"more": {"provider": "openai_compatible", "model": "x", "base_url": "${HOUSE_URL}"}, "other": {',
        )
        assert code_of(await client.put(url, json={"content": more})) == (400, "definition_invalid")


async def test_a_tested_model_answers_once_within_its_bounds(workbench: Workbench) -> None:
    with OpenAIServer([Reply("Yes, I am here.", usage=Usage(16, 6))]) as server:
        write_remote(workbench, server)
        workbench.write("prices.yaml", 'prices: {house-model: {currency: EUR, input: "1.00", output: "4.00"}}')
        app = create_app(workbench.settings(), environment={"HOUSE_KEY": KEY})
        async with (
            app.router.lifespan_context(app),
            AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1", timeout=30) as client,
        ):
            answer = await ask(client, "remote", prompt="Who is there?")
            figures = (await client.get("/api/analytics/performance")).json()
    assert (answer["name"], answer["provider"], answer["model"]) == ("remote", "openai_compatible", "house-model")
    assert (answer["text"], answer["prompt_tokens"], answer["completion_tokens"]) == ("Yes, I am here.", 16, 6)
    assert (answer["cost"], answer["currency"], answer["estimated"]) == ("0.00004", "EUR", False)
    assert 0 < answer["time_to_first_token_ms"] <= answer["latency_ms"]
    (request,) = server.requests
    assert request.body["messages"] == [{"role": "user", "content": "Who is there?"}]
    assert model_tests.TOKEN_LIMIT in (request.body.get("max_tokens"), request.body.get("max_completion_tokens"))
    assert figures["per_model"] == []


async def test_a_failing_model_is_asked_once_and_its_fallback_is_not(workbench: Workbench) -> None:
    with OpenAIServer([Reply(status=503, message=f"no room for {KEY}")]) as server:
        write_remote(workbench, server)
        app = create_app(workbench.settings(), environment={"HOUSE_KEY": KEY})
        async with (
            app.router.lifespan_context(app),
            AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1", timeout=30) as client,
        ):
            answer = await client.post("/api/config/models/remote/test")
    assert code_of(answer) == (502, "provider_unavailable")
    assert KEY not in answer.text
    assert len(server.requests) == 1


async def test_a_model_that_takes_too_long_is_given_up(client: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert code_of(await client.post("/api/config/models/tardy/test")) == (504, "provider_timeout")
    monkeypatch.setattr("flowdeck.engine.model_tests.SECONDS_LIMIT", 0.05)
    answer = await client.post("/api/config/models/slow/test")
    assert code_of(answer) == (504, "provider_timeout")
    assert "0.05 seconds" in problem_of(answer)["detail"]


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("nobody", {}, (404, "model_not_found")),
        ("default", {"prompt": ""}, (422, "request_invalid")),
        ("default", {"prompt": "x" * 2001}, (422, "request_invalid")),
        ("default", {"tokens": 10_000}, (422, "request_invalid")),
    ],
)
async def test_what_cannot_be_asked_is_refused(
    client: AsyncClient, name: str, body: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert code_of(await client.post(f"/api/config/models/{name}/test", json=body)) == expected


async def test_the_longest_prompt_is_taken(client: AsyncClient) -> None:
    assert (await ask(client, "default", prompt="x" * 2000))["text"] == "Hello there, friend"


async def test_a_provider_that_is_not_installed_is_told(client: AsyncClient, workbench: Workbench) -> None:
    missing = {"provider": "mistralai", "model": "mistral-small"}
    workbench.write("models.yaml", json.dumps({"models": {"mistral": missing}}))
    answer = await client.post("/api/config/models/mistral/test")
    assert code_of(answer) == (502, "provider_not_installed")


async def test_tools_and_prices_are_listed_as_they_are_in_force(client: AsyncClient, workbench: Workbench) -> None:
    tools = await get(client, "tools")
    assert [tool["name"] for tool in tools["tools"]] == ["calculator", "clock", "outbox"]
    assert tools["tools"][0]["arguments"]["type"] == "object"
    assert (await get(client, "prices")) == {"prices": [], "total": 0}

    workbench.write("tools.yaml", "tools: {sums: {type: calculator, description: Adds up.}}")
    workbench.write(
        "prices.yaml",
        'prices: {m: {currency: EUR, input: "1.00", output: "4", tiers: [{above: 10, input: "2", output: "8"}]}}',
    )
    assert [(tool["name"], tool["type"], tool["description"]) for tool in (await get(client, "tools"))["tools"]] == [
        ("sums", "calculator", "Adds up.")
    ]
    (price,) = (await get(client, "prices"))["prices"]
    assert (price["model"], price["currency"], price["input"], price["cached"]) == ("m", "EUR", "1", None)
    assert [(tier["above"], tier["output"]) for tier in price["tiers"]] == [(10, "8")]
    assert len(price["version"]) == 12


async def test_an_unavailable_tool_is_listed_with_its_reason(client: AsyncClient, workbench: Workbench) -> None:
    broken = "tools:\n  calculator: {type: calculator}\n  where: {type: python, call: 'os:getcwd'}\n"
    workbench.write("tools.yaml", broken)
    listed = {tool["name"]: tool for tool in (await get(client, "tools"))["tools"]}
    assert listed["calculator"]["unavailable"] is None
    assert listed["where"]["arguments"] == {}
    assert "tools.yaml:3:" in listed["where"]["unavailable"]
    assert "os:getcwd is not on the operator's allowlist" in listed["where"]["unavailable"]

    # What is unavailable already does not keep the file from being changed; what would become so does.
    path = "/api/config/files/tools.yaml"
    added = await client.put(path, json={"content": broken + "  clock: {type: clock}\n"})
    assert added.status_code == 200
    refused = await client.put(path, json={"content": broken + "  clock: {type: python, call: 'os:getpid'}\n"})
    assert code_of(refused) == (400, "definition_invalid")
    assert [item["field"] for item in refused.json()["errors"]] == ["tools.clock.call"]
    assert [tool["name"] for tool in (await get(client, "tools"))["tools"]] == ["calculator", "where", "clock"]
