"""Bodies take what their schemas say: JSON's own numbers and booleans, one of several members, amounts as they are."""

import re
from base64 import b64encode
from typing import Any

import pytest
from httpx import AsyncClient

from tests.factories import code_of, create_session

pytestmark = pytest.mark.anyio


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.mark.parametrize(
    "limits",
    [
        {"steps": "5"},
        {"steps": True},
        {"steps": 5.5},
        {"seconds": "5"},
        {"seconds": True},
        {"cost": ""},
        {"cost": True},
        {"cost": "1e3"},
        {"cost": "1000000000.1"},
        {"cost": 1_000_000_001},
    ],
)
async def test_a_limit_that_is_no_number_is_refused(client: AsyncClient, limits: dict[str, Any]) -> None:
    session_id = await create_session(client)
    answer = await client.post(f"/api/sessions/{session_id}/runs", json={"input": "Hi", "limits": limits})
    assert code_of(answer) == (422, "request_invalid")


@pytest.mark.parametrize(
    "limits", [{"steps": 5.0}, {"cost": "0.10"}, {"cost": 0.1}, {"cost": 5e-324}, {"cost": "1000000000.0"}]
)
async def test_a_limit_is_any_number_of_json_or_an_exact_amount(client: AsyncClient, limits: dict[str, Any]) -> None:
    session_id = await create_session(client)
    answer = await client.post(f"/api/sessions/{session_id}/runs", json={"input": "Hi", "limits": limits})
    assert answer.status_code == 200


@pytest.mark.parametrize("enabled", [0, "yes", "true"])
async def test_a_boolean_is_true_or_false(client: AsyncClient, enabled: object) -> None:
    answer = await client.post("/api/webhooks", json={"url": "https://desk.example/hook", "enabled": enabled})
    assert code_of(answer) == (422, "request_invalid")
    answer = await client.post("/api/analytics/reprice", json={"dry_run": enabled})
    assert code_of(answer) == (422, "request_invalid")


@pytest.mark.parametrize("moment", [0.5, 1_700_000_000, "1700000000", "0.5"])
async def test_a_unix_time_is_no_time(client: AsyncClient, moment: object) -> None:
    answer = await client.post("/api/analytics/reprice", json={"start_time": moment})
    assert code_of(answer) == (422, "request_invalid")


async def test_the_pattern_of_a_secret_is_what_is_checked(client: AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    secret = document["components"]["schemas"]["WebhookCreateRequest"]["properties"]["secret"]
    pattern = next(kind["pattern"] for kind in secret["anyOf"] if "pattern" in kind)

    for size in range(20, 70):
        text = f"whsec_{b64encode(b'k' * size).decode()}"
        answer = await client.post("/api/webhooks/", json={"url": "https://desk.example/hook", "secret": text})
        assert answer.status_code == (201 if re.fullmatch(pattern, text) else 422), size


async def test_parameters_are_not_null(client: AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    parameters = [
        parameter
        for operations in document["paths"].values()
        for operation in operations.values()
        for parameter in operation.get("parameters", ())
    ]
    assert len(parameters) > 100
    assert [found["name"] for found in parameters if {"type": "null"} in found["schema"].get("anyOf", ())] == []
