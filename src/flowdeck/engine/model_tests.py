"""Tests a configured model with one call outside of runs: the reply, the latency and the cost."""

import asyncio
from dataclasses import dataclass

from langchain_core.messages import HumanMessage

from flowdeck.clock import Clock
from flowdeck.engine.live_configuration import Loaded
from flowdeck.engine.metering import Metering, ModelCall
from flowdeck.errors.providers import ProviderTimeout
from flowdeck.graphs.models import CallOptions
from flowdeck.redaction import Redactor

PROMPT = "Answer in one short sentence: are you there?"
TOKEN_LIMIT = 64
SECONDS_LIMIT = 30.0
_TEXT_LIMIT = 2000  # characters of a reply that are returned


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """A model's reply to a test, without secrets, and the metered call."""

    text: str
    call: ModelCall


async def ask_model(loaded: Loaded, name: str, prompt: str, *, clock: Clock, redactor: Redactor) -> ModelAnswer:
    """Make one call without retries and fallbacks, with at most TOKEN_LIMIT tokens in the reply.

    The caller must hold `loaded` until the call ends. Raises Unloadable (`environment_variable_missing`),
    ProviderFailed and ProviderTimeout, also after SECONDS_LIMIT.
    """
    model = loaded.resources.models.get_alone(name)
    calls: list[ModelCall] = []

    def record(call: ModelCall) -> bool:
        calls.append(call)
        return True

    metering = Metering(loaded.prices, clock, record, redactor)
    try:
        async with asyncio.timeout(SECONDS_LIMIT):
            message = await model.ask_once(
                [HumanMessage(prompt)], {"callbacks": [metering]}, options=CallOptions(max_tokens=TOKEN_LIMIT)
            )
    except TimeoutError:
        raise ProviderTimeout(
            provider=model.spec.provider, model=model.spec.model, seconds=f"{SECONDS_LIMIT:g}"
        ) from None
    return ModelAnswer(redactor.text(str(message.text), _TEXT_LIMIT), calls[-1])
