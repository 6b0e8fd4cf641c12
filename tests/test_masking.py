"""Secrets in settings and in YAML texts, made unreadable before they are shown."""

import pytest
from pydantic import SecretStr

from flowdeck.masking import masked, masked_yaml


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("server.port", 8321, 8321),
        ("log.format", "json", "json"),
        ("database.url", None, None),
        ("database.password", "s3cr3t", "****"),
        ("auth.api_key", SecretStr("s3cr3t"), "****"),
        ("auth.tokens", [SecretStr("s3cr3t")], ["****"]),
        ("auth.client_secret", "", ""),
        ("auth", {"token": "s3cr3t", "name": "x", "inner": {"password": "s3cr3t"}}, None),
        ("hooks", ("https://u:s3cr3t@host/path", "https://host/?token=s3cr3t&a=1"), None),
    ],
)
def test_secrets_are_masked_and_the_rest_is_not(name: str, value: object, shown: object) -> None:
    found = masked(name, value)
    assert "s3cr3t" not in repr(found)
    if shown is not None or value is None:
        assert found == shown


def test_what_surrounds_a_secret_stays() -> None:
    value = {"urls": ["https://u:s3cr3t@host/path", "https://host/?token=s3cr3t&a=1"], "size": 3, "token": "s3cr3t"}
    assert masked("x", value) == {
        "urls": ["https://u:****@host/path", "https://host/?token=****&a=1"],
        "size": 3,
        "token": "****",
    }


@pytest.mark.parametrize(
    "line",
    [
        "api_key: s3cr3t",
        "  api_key: 's3cr3t, and more'",
        'a: {provider: openai, api_key: "s3cr3t", model: m}',
        "a: {api_key: s3cr3t, model: m}",
        "headers: {Authorization: Bearer s3cr3t}",
        "api_key: |\n  s3cr3t\n",
        "'api_key': s3cr3t # a note",
        "base_url: http://u:s3cr3t@host/v1",
    ],
)
def test_a_secret_written_into_yaml_is_masked(line: str) -> None:
    shown = masked_yaml(f"models:\n{line}\n")
    assert "s3cr3t" not in shown
    assert "****" in shown


@pytest.mark.parametrize(
    "line",
    ['api_key: "${OPENAI_API_KEY}"', "api_key: ${KEY}", "max_tokens: 4096", "model: gpt", "# api_key", "x: a@b:c"],
)
def test_references_and_all_else_stay(line: str) -> None:
    assert masked_yaml(line) == line


@pytest.mark.parametrize(
    "piece",
    ["a", "a://:", "${", "api_key: ${", "token", "?token", "a://b:c", "api_key: |\n ", "'", '"', " \t", "key: >"],
)
def test_a_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    """Quadratic, each of these would take minutes."""
    masked_yaml(piece * (262_144 // len(piece)))
