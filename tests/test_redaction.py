import time

import pytest

from flowdeck.redaction import HIDDEN, Redactor, environment_secrets


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("key sk-proj-abcdefgh12345678 refused", "abcdefgh12345678"),
        ("sk-ant-api03-AAAAbbbbCCCCdddd", "AAAAbbbbCCCCdddd"),
        ("https://user:hunter22@host/path?x=1", "hunter22"),
        ("postgresql://flowdeck:pässwort@db:5432/x", "pässwort"),
        ("redis://:onlypassword@cache/0", "onlypassword"),
        ("GET https://api.test/v1?api_key=abc123&q=cats", "abc123"),
        ("Authorization: Bearer abc.def-ghi", "abc.def-ghi"),
        ("{'x-api-key': 'short1'}", "short1"),
        ('{"password": "two words"}', "two words"),
        ("OPENAI_API_KEY=topsecretvalue", "topsecretvalue"),
        ("client_secret: abcdef", "abcdef"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "eyJzdWIiOiIxIn0"),
        ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "16C7e42F292c6912E7710c838347Ae178B4a"),
        ("token 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b refused", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----", "MIIEow"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEow cut off", "MIIEow"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, secret: str) -> None:
    shown = Redactor().text(text, 1000)
    assert secret not in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    "text",
    [
        "Node reply failed: ValueError: invalid literal for int() with base 10: 'abc'",
        "The run reached its limit of 100 tokens.",
        "session chat-251022-174800-1f73e8, run run-6f1f0a7c9b3e4d5a8b7c6d5e",
        "workflow map_summarize_20251022_174800_1f73e8",
        "https://example.org/path?page=2#part at 12:30, mail someone@example.org",
        "模型服务 openai（gpt-4o-mini）无法访问或出错：超时",
        "/usr/lib/python3.12/site-packages/langgraph/pregel/runner.py",
        "KeyError: 'messages'",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert Redactor().text(text, 1000) == text


def test_known_values_are_hidden_wherever_they_stand() -> None:
    redactor = Redactor(["open sesame", "p@ss/word", "abc"])
    assert redactor.text("he said open sesame, abc", 1000) == "he said ***, abc"
    assert "p%40ss" not in redactor.text("/login?p%40ss%2Fword", 1000)
    redactor.know(["sesame street"])
    assert redactor.text("sesame street, open sesame", 1000) == "***, ***"


def test_a_longer_secret_is_hidden_whole() -> None:
    assert Redactor(["secret", "secret-and-more"]).text("a secret-and-more b", 100) == "a *** b"


def test_secrets_of_the_environment_are_known_by_their_names() -> None:
    environment = {"OPENAI_API_KEY": "one", "DB_PASSWORD": "two", "GITHUB_TOKEN": "three", "KEYBOARD": "qwerty"}
    assert environment_secrets(environment) == {"one", "two", "three"}


def test_a_text_is_bounded_and_its_cut_shows() -> None:
    assert Redactor().text("x" * 11, 10) == "xxxxxxxxx…"
    assert Redactor().text("x" * 10, 10) == "x" * 10


def test_half_a_secret_at_the_cut_is_hidden_too() -> None:
    known = "correct horse battery"
    text = "a " * 9_995 + "correct horse battery"
    assert "correct" in text[:20_000]
    assert "battery" not in Redactor([known]).text(text, 30_000)
    assert "abcdefghij" not in Redactor(["abcdefghijklmnopqrst"]).text("a " * 9_995 + "abcdefghijklmnopqrst", 30_000)


@pytest.mark.parametrize("piece", ["a", "1", "://", "token=", "-----BEGIN ", "'", "a_", "a1", "api_key", " ", "eyJa."])
def test_a_hostile_text_is_read_in_bounded_time(piece: str) -> None:
    started = time.process_time()
    Redactor(["secret-value"]).text(piece * 200_000, 2000)
    assert time.process_time() - started < 2  # seconds; a pattern that backtracks takes minutes
