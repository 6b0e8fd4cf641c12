"""What may stand under a name in `models.yaml`, and what one call may set."""

from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    field_validator,
    model_validator,
)

from flowdeck.graphs.durations import Duration
from flowdeck.graphs.providers.provider import StructuredOutput
from flowdeck.graphs.providers.registry import provider_of
from flowdeck.yaml_source.variables import VARIABLE

SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "x-api-key", "api-key", "cookie"})

Seconds = Annotated[Duration, Field(le=3600)]
ContentKind = Literal["text", "image", "file", "audio"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class ScriptedToolCall(_Part):
    """A tool call of a scripted reply; without `id` each call gets a new one."""

    name: str = Field(min_length=1)
    args: dict[str, JsonValue] = {}
    id: str | None = None


class ScriptedUsage(_Part):
    """Tokens a scripted reply reports. `cached` are among `input`, `reasoning` among `output`."""

    input: int = Field(ge=0)
    output: int = Field(ge=0)
    cached: int = Field(0, ge=0)
    reasoning: int = Field(0, ge=0)


class ScriptedFailure(_Part):
    """A failure as a provider's HTTP response would be: retried, mapped and billed like one.

    With `after_tokens` that many words of the reply's text are streamed first; without, nothing is.
    """

    status: int = Field(ge=400, le=599)
    message: str = "scripted failure"
    after_tokens: int | None = Field(None, ge=1)


class ScriptedReply(_Part):
    """One turn of a scripted model: text or JSON, tool calls, both, or a failure. `delay_ms` precedes each word."""

    text: str | None = None
    json_value: JsonValue = Field(None, alias="json")
    tool_calls: tuple[ScriptedToolCall, ...] = ()
    error: ScriptedFailure | None = None
    usage: ScriptedUsage | None = None
    delay_ms: float = Field(0, ge=0, le=600_000, allow_inf_nan=False)

    @model_validator(mode="after")
    def _says_one_thing(self) -> "ScriptedReply":
        has_json = "json_value" in self.model_fields_set
        if self.text is not None and has_json:
            raise ValueError("a reply can have `text` or `json`, not both")
        if self.error is not None and self.error.after_tokens is None and (self.text is not None or self.tool_calls):
            raise ValueError("a reply with an `error` can have `text` or `tool_calls` only with `error.after_tokens`")
        if self.error is not None and self.error.after_tokens is not None and self.text is None:
            raise ValueError("`error.after_tokens` needs a `text` to stream before the error")
        if not (self.text is not None or has_json or self.tool_calls or self.error):
            raise ValueError("a reply needs `text`, `json`, `tool_calls` or `error`")
        return self


class ModelSpec(_Part):
    """A model by name: who provides it, what it accepts, how long a call may take, what happens when it fails.

    Times are seconds: `timeout` limits the silence before and between the pieces of a reply, `total_timeout` the whole
    call. `tool_calls` says how an agent lets this model choose a tool: by the provider's own tool calls, or by a reply
    that fits a JSON schema. `structured_output` says how a schema is sent; without it, the ways are tried in turn.
    Secrets show as `**********` wherever the spec is printed.
    """

    provider: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    model: str = ""
    api_key: SecretStr | None = None
    base_url: str | None = None
    headers: dict[str, SecretStr] = {}
    timeout: Seconds = 60.0
    total_timeout: Seconds | None = None
    retries: int = Field(2, ge=0, le=10)
    fallbacks: tuple[str, ...] = ()
    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=1)
    top_p: float | None = Field(None, gt=0, le=1)
    seed: int | None = None
    stop: tuple[str, ...] = ()
    tool_calls: Literal["native", "schema"] = "native"
    structured_output: StructuredOutput | None = None
    accepts: tuple[ContentKind, ...] | None = None
    merge_roles: bool | None = None
    extra_body: dict[str, JsonValue] = {}
    reasoning_effort: str | None = Field(None, min_length=1, max_length=32)
    api_version: str | None = Field(None, min_length=1, max_length=64)
    default_query: dict[str, str] = {}
    context_window: int | None = Field(None, ge=256)
    replies: tuple[ScriptedReply, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _with_defaults(cls, data: object) -> object:
        """The keys with the defaults of the provider where they are not given."""
        if not isinstance(data, dict):
            return data
        return {**provider_of(str(data.get("provider"))).defaults, **data}

    @field_validator("base_url")
    @classmethod
    def _is_http(cls, value: str | None) -> str | None:
        if value is None or VARIABLE.search(value):
            return value
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the URL must begin with http:// or https:// and contain a host")
        if parts.username is not None or parts.password is not None:
            raise ValueError("the URL must not contain a user name or a password; put the key in `api_key`")
        return value

    @model_validator(mode="after")
    def _fits_its_provider(self) -> "ModelSpec":
        provider = provider_of(self.provider)
        if not self.model:
            raise ValueError("`model` is missing: give the name that the provider uses for the model")
        for key, what in provider.needs.items():
            if not getattr(self, key):
                raise ValueError(f"`{key}` is missing: {what}")
        refused = [key for key in type(self).model_fields if key in provider.refuses and getattr(self, key)]
        if refused:
            raise ValueError(f"`provider: {self.provider}` does not support {', '.join(refused)}")
        if self.accepts is not None and "text" not in self.accepts:
            raise ValueError("`accepts` must include text, which every model accepts")
        for fault in provider.check(self):
            raise ValueError(fault)
        return self


@dataclass(frozen=True)
class CallOptions:
    """What one call asks for; None, or no `stop`, leaves it to the model's own setting, and then to the provider."""

    temperature: float | None = None
    max_tokens: int | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()

    def over(self, spec: ModelSpec) -> "CallOptions":
        """These options, and the spec's where these say nothing."""
        return CallOptions(
            temperature=spec.temperature if self.temperature is None else self.temperature,
            max_tokens=spec.max_tokens if self.max_tokens is None else self.max_tokens,
            top_p=spec.top_p if self.top_p is None else self.top_p,
            seed=spec.seed if self.seed is None else self.seed,
            stop=self.stop or spec.stop,
        )


NO_OPTIONS = CallOptions()
