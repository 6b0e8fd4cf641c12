"""What models.yaml may say, and where its mistakes are told."""

import re
from pathlib import Path

import pytest

from flowdeck.errors.base import Problem, Unloadable
from flowdeck.graphs.models import ModelRegistry
from flowdeck.graphs.providers.configuration import Configured, read_models
from flowdeck.graphs.providers.spec import ModelSpec, ScriptedReply
from flowdeck.yaml_source.located import Source

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "configs" / "models.yaml"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "models.md").read_text(encoding="utf-8"), re.DOTALL)


def read(text: str, **environment: str) -> dict[str, Configured]:
    return read_models(Source("configs/models.yaml", text), environment)


def mistakes(text: str) -> tuple[Problem, ...]:
    with pytest.raises(Unloadable) as caught:
        read(text)
    assert caught.value.code == "definition_invalid"
    return caught.value.problems


def test_the_shipped_file_loads_without_any_variable() -> None:
    models = read(SHIPPED.read_text(encoding="utf-8"))
    assert models["default"].spec.provider == "local"
    assert models["default"].missing == ()
    assert models["smart"].missing == ("OPENAI_API_KEY",)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_documentation_load(example: str) -> None:
    assert read(example)


def test_every_key_is_documented() -> None:
    text = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    fields = (*ModelSpec.model_fields, *(field.alias or name for name, field in ScriptedReply.model_fields.items()))
    assert [name for name in fields if f"`{name}`" not in text] == []


def test_variables_are_read_where_names_addresses_and_keys_stand() -> None:
    text = """
models:
  m:
    provider: openai_compatible
    model: "${MODEL:small}"
    base_url: "http://${HOST}/v1"
    api_key: "${KEY}"
    headers: {x-team: "${TEAM}"}
"""
    spec = read(text, HOST="example.org", KEY="s3cret", TEAM="blue")["m"].spec
    assert (spec.model, spec.base_url) == ("small", "http://example.org/v1")
    assert spec.api_key is not None
    assert spec.api_key.get_secret_value() == "s3cret"
    assert spec.headers["x-team"].get_secret_value() == "blue"


def test_a_variable_set_to_nothing_is_missing() -> None:
    assert read("models: {m: {provider: openai, model: x}}", OPENAI_API_KEY="")["m"].missing == ("OPENAI_API_KEY",)


def test_defaults_and_messages_are_read_as_a_shell_reads_them() -> None:
    text = "models: {m: {provider: openai, model: '${MODEL:-small}', api_key: '${KEY:?ask the operator}'}}"
    assert read(text, MODEL="", KEY="k")["m"].spec.model == "small"
    assert read(text, MODEL="large", KEY="k")["m"].spec.model == "large"
    assert read(text)["m"].missing == ("KEY",)


def test_a_scripted_reply_keeps_what_looks_like_a_variable() -> None:
    text = 'models: {m: {provider: scripted, model: x, replies: [{text: "${HOME}"}]}}'
    assert read(text, HOME="/root")["m"].spec.replies[0].text == "${HOME}"


@pytest.mark.parametrize(("written", "seconds"), [("250ms", 0.25), ("60s", 60), ("1.5m", 90), ("1h", 3600), ("12", 12)])
def test_durations(written: str, seconds: float) -> None:
    assert read(f"models: {{m: {{provider: local, timeout: {written}}}}}")["m"].spec.timeout == seconds


def test_the_embedded_model_gets_longer_and_calls_tools_by_schema() -> None:
    spec = read("models: {m: {provider: local}}")["m"].spec
    assert (spec.timeout, spec.tool_calls) == (300, "schema")


def test_every_mistake_is_told_with_its_place() -> None:
    problems = mistakes("models:\n  a: {provider: local, tempreature: 1}\n  b: {provider: local, retries: -1}\n")
    assert [(p.file, p.line, p.column, p.field) for p in problems] == [
        ("configs/models.yaml", 2, 24, "models.a.tempreature"),
        ("configs/models.yaml", 3, 33, "models.b.retries"),
    ]


@pytest.mark.parametrize(
    ("model", "field", "message"),
    [
        ("{provider: opnai, model: x}", "provider", "unknown provider"),
        ("{provider: openai}", "", "`model` is missing"),
        ("{provider: openai_compatible, model: x}", "", "`base_url` is missing"),
        ("{provider: openai_compatible, model: x, base_url: 'ftp://x'}", "base_url", "http://"),
        (
            "{provider: openai_compatible, model: x, base_url: 'http://u:p@x'}",
            "base_url",
            "must not contain a user name or a password",
        ),
        ("{provider: openai, model: x, api_key: sk-123}", "api_key", "must come from the environment"),
        ("{provider: openai, model: x, api_key: '${K:sk-123}'}", "api_key", "must come from the environment"),
        ("{provider: openai, model: x, api_key: '${K:-sk-123}'}", "api_key", "must come from the environment"),
        ("{provider: openai, model: x, api_key: '${K-sk-123}'}", "api_key", "must come from the environment"),
        (
            "{provider: openai, model: x, headers: {Authorization: abc}}",
            "headers.Authorization",
            "must come from the environment",
        ),
        ("{provider: local, timeout: soon}", "timeout", "a duration"),
        ("{provider: local, timeout: 0s}", "timeout", "expected a duration such as 90s"),
        ("{provider: local, base_url: 'http://x'}", "", "does not support base_url"),
        ("{provider: local, model: gpt-4}", "", "a .gguf file"),
        ("{provider: local, replies: [{text: x}]}", "", "does not support replies"),
        ("{provider: local, fallbacks: [x]}", "fallbacks.0", "model x is not configured; configured models: m"),
        ("{provider: local, fallbacks: [m]}", "fallbacks", "m → m"),
        ("{provider: scripted, model: x}", "", "`replies` is missing"),
        ("{provider: scripted, model: x, replies: [{}]}", "replies.0", "a reply needs"),
        ("{provider: scripted, model: x, replies: [{text: a, json: 1}]}", "replies.0", "not both"),
        ("{provider: scripted, model: x, replies: [{text: a, error: {status: 500}}]}", "replies.0", "after_tokens"),
        ("{provider: scripted, model: x, replies: [{error: {status: 200}}]}", "replies.0.error.status", "400"),
    ],
)
def test_a_mistake_in_a_model(model: str, field: str, message: str) -> None:
    problem = mistakes(f"models: {{m: {model}}}")[0]
    assert problem.field == ".".join(part for part in ("models.m", field) if part)
    assert message in problem.message
    assert problem.line == 1


def test_a_written_key_is_not_repeated() -> None:
    assert "sk-123" not in str(mistakes("models: {m: {provider: openai, model: x, api_key: sk-123}}"))


def test_a_ring_of_fallbacks_is_told_once() -> None:
    ring = "models:\n" + "\n".join(
        f"  {name}: {{provider: local, fallbacks: [{other}]}}" for name, other in ("ab", "bc", "ca")
    )
    problems = mistakes(ring)
    assert len(problems) == 1
    assert problems[0].field in {f"models.{name}.fallbacks" for name in "abc"}
    assert any(ring in problems[0].message for ring in ("a → b → c → a", "b → c → a → b", "c → a → b → c"))


def test_many_fallbacks_upon_each_other_are_read_at_once() -> None:
    names = [f"m{number}" for number in range(60)]
    entries = (
        f"  {name}: {{provider: local, fallbacks: [{', '.join(names[index + 1 :])}]}}"
        for index, name in enumerate(names)
    )
    models = ModelRegistry(read("models:\n" + "\n".join(entries)))
    assert models.get("m0").name == "m0"


@pytest.mark.parametrize("text", ["models: {}", "models: [a]", "other: {a: {provider: local}}"])
def test_a_file_without_models_is_a_mistake(text: str) -> None:
    assert mistakes(text)
