"""llm: one call of a model, its reply free text or JSON that fits a schema."""

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import JsonValue

from flowdeck.errors.nodes import OutputInvalid
from flowdeck.graphs.json_text import find_json
from flowdeck.graphs.nodes.call import Call, Setting, Update
from flowdeck.graphs.nodes.llm.spec import LlmNode
from flowdeck.graphs.nodes.model_call import (
    call_options,
    chosen_model,
    require_complete,
    system_message,
)
from flowdeck.graphs.nodes.tool_choice import reply_or_calls
from flowdeck.graphs.reply import INCOMPLETE
from flowdeck.graphs.reply_message import end_reason_of
from flowdeck.graphs.schemas import validator_of
from flowdeck.graphs.state import messages_of
from flowdeck.graphs.templates import Template


class LlmStep:
    """An llm node made ready."""

    def __init__(self, node: LlmNode, setting: Setting) -> None:
        self._node = node
        self._system = None if node.system is None else Template.compile(node.system)
        self._prompt = None if node.prompt is None else Template.compile(node.prompt)
        self._tools = tuple(setting.resources.tools.get(name) for name in node.tools)

    async def value(self, call: Call) -> JsonValue:
        """The reply: its text, or the JSON it gave for the schema."""
        message, parsed = await self._reply(call)
        return str(message.text) if self._node.answer_schema is None else parsed

    async def update(self, call: Call) -> Update:
        """The reply, appended to the messages or put into the fields that `output` names."""
        node = self._node
        message, parsed = await self._reply(call)
        update: Update = {}
        if isinstance(node.output, str):
            update[node.output] = str(message.text) if node.answer_schema is None else parsed
        elif node.output is not None:
            reply = parsed if isinstance(parsed, dict) else {}
            update = {field: reply[part] for part, field in node.output.items() if part in reply}
        append = node.output is None if node.append is None else node.append
        return {**update, node.messages: [message]} if append else update

    async def _reply(self, call: Call) -> tuple[AIMessage, JsonValue]:
        """The model's message and, with a schema, the JSON in it. Raises RunFailed if no attempt fits the schema."""
        node = self._node
        messages = [*system_message(self._system, call), *self._examples(), *self._conversation(call)]
        model, options = chosen_model(node, call), call_options(node, call)
        media = call.context.media
        if node.answer_schema is not None and not self._tools:
            return await self._structured(call, messages, node.answer_schema)
        if self._tools:
            message = await reply_or_calls(model, messages, call.config, options, self._tools, media=media)
        else:
            message = await model.generate(messages, call.config, options=options, media=media)
        if node.on_incomplete == "fail":
            require_complete(message, call)
        return message, None

    async def _structured(
        self, call: Call, messages: list[BaseMessage], schema: Mapping[str, Any]
    ) -> tuple[AIMessage, JsonValue]:
        node = self._node
        model, options = chosen_model(node, call), call_options(node, call)
        fault = ""
        for _ in range(node.attempts):
            message = await model.generate(
                messages, call.config, options=options, schema=dict(schema), media=call.context.media
            )
            ended_early = end_reason_of(message) in _NOT_ASKED_AGAIN
            if ended_early and node.on_incomplete != "accept":
                require_complete(message, call)
            parsed, fault = parse_reply(str(message.text), schema)
            if not fault:
                return message, parsed
            if ended_early:
                require_complete(message, call)  # the same request would end in the same way
            again = f"That does not fit: {fault}\nReply again with JSON that fits the schema, and nothing else."
            messages = [*messages, message, HumanMessage(again)]
        raise OutputInvalid(node=call.setting.name, message=fault)

    def _examples(self) -> Sequence[BaseMessage]:
        return [
            message
            for example in self._node.examples
            for message in (HumanMessage(example.user), AIMessage(example.assistant))
        ]

    def _conversation(self, call: Call) -> Sequence[BaseMessage]:
        if self._prompt is not None:
            return [HumanMessage(call.render(self._prompt))]
        return messages_of(call.state, self._node.messages)


# With a schema, an empty reply is asked for again; these would come again as they are.
_NOT_ASKED_AGAIN = INCOMPLETE - {"empty"}


def parse_reply(text: str, schema: Mapping[str, Any]) -> tuple[JsonValue, str]:
    """The JSON in a reply, and what is wrong with it; the latter is empty when it fits the schema."""
    if not text.strip():
        return None, "the reply is empty"
    validator = validator_of(schema)
    try:
        parsed = find_json(text, validator.is_valid)
    except ValueError as error:
        return None, str(error)[:300]
    fault = next(iter(validator.iter_errors(parsed)), None)
    return parsed, "" if fault is None else fault.message[:300]
