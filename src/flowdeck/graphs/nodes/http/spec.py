"""The keys of a node of type http, and what is wrong with them."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, JsonValue
from typing_extensions import override

from flowdeck.errors.base import Problem
from flowdeck.graphs.durations import Duration
from flowdeck.graphs.nodes.base import OutsideNode

if TYPE_CHECKING:
    from flowdeck.graphs.nodes.checking import NodeChecks


class HttpNode(OutsideNode):
    """One HTTP request; `output` gets `{status, headers, body}`."""

    inline: ClassVar[bool] = True

    type: Literal["http"]
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    url: str
    headers: dict[str, str] = Field(default_factory=dict)
    query: dict[str, JsonValue] = Field(default_factory=dict)
    body: str | None = None
    json_body: JsonValue = Field(None, alias="json")
    timeout: Duration = 30.0
    redirects: int = Field(0, ge=0, le=10)
    expect: tuple[int, ...] | None = None
    output: str | None = None

    @override
    def check(self, at: "NodeChecks") -> Iterator[Problem]:
        yield from at.templates(self.url, "url")
        yield from at.templates(dict(self.headers), "headers")
        yield from at.templates(self.query, "query")
        yield from at.templates(self.body, "body")
        yield from at.templates(self.json_body, "json")
        if self.body is not None and self.json_body is not None:
            yield at.problem("give either `body` or `json`, not both", "json")
        if "{" not in self.url and not re.match(r"https?://[^/]", self.url):
            yield at.problem("expected a URL that begins with http:// or https://", "url")
        yield from at.output(self.output)
