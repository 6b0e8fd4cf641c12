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
from flowdeck.graphs.variables import VARIABLE

LOCAL_MODEL = "SmolLM2-135M-Instruct"
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "x-api-key", "api-key", "cookie"})

Seconds = Annotated[Duration, Field(le=3600)]
ContentKind = Literal["text", "image", "file", "audio"]
StructuredOutput = Literal["json_schema", "json_object", "tool", "prompt"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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
    """A failure as a provider's HTTP answer would be: retried, mapped and billed like one.

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
            raise ValueError("a reply has `text` or `json`, not both")
        if self.error is not None and self.error.after_tokens is None and (self.text is not None or self.tool_calls):
            raise ValueError("a reply that fails says something only with `error.after_tokens`")
        if self.error is not None and self.error.after_tokens is not None and self.text is None:
            raise ValueError("`error.after_tokens` needs a `text` to stream first")
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
    def _local_defaults(cls, data: object) -> object:
        """The embedded model answers on this machine's processor, so it gets longer, and it calls no tools itself."""
        if not isinstance(data, dict) or data.get("provider") != "local":
            return data
        return {"model": LOCAL_MODEL, "timeout": 300.0, "tool_calls": "schema"} | data

    @field_validator("base_url")
    @classmethod
    def _is_http(cls, value: str | None) -> str | None:
        if value is None or VARIABLE.search(value):
            return value
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("an address starts with http:// or https:// and names a host")
        if parts.username is not None or parts.password is not None:
            raise ValueError("an address holds no user or password; name the key in `api_key`")
        return value

    @model_validator(mode="after")
    def _fits_its_provider(self) -> "ModelSpec":
        if not self.model:
            raise ValueError("`model` is missing: the provider's name of the model")
        if self.provider == "openai_compatible" and self.base_url is None:
            raise ValueError("`base_url` is missing: where the OpenAI-compatible server answers, up to /v1")
        if self.provider == "scripted" and not self.replies:
            raise ValueError("`replies` is missing: what the scripted model says, in turn")
        if self.provider != "scripted" and self.replies:
            raise ValueError("`replies` is for `provider: scripted` only")
        if self.provider in {"local", "scripted"} and (self.base_url or self.api_key or self.headers):
            raise ValueError(f"`provider: {self.provider}` takes no base_url, api_key or headers")
        if self.provider in {"local", "scripted"} and (self.extra_body or self.api_version or self.default_query):
            raise ValueError(f"`provider: {self.provider}` takes no extra_body, api_version or default_query")
        if self.accepts is not None and "text" not in self.accepts:
            raise ValueError("`accepts` includes text: every model takes it")
        is_file = self.model.endswith(".gguf") or VARIABLE.search(self.model)
        if self.provider == "local" and self.model != LOCAL_MODEL and not is_file:
            raise ValueError(f"a local `model` is {LOCAL_MODEL}, or the path of a .gguf file")
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
