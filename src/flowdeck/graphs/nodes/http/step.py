"""http: one request to a web service."""

import asyncio
import json
from typing import Any

import httpx
from pydantic import JsonValue

from flowdeck.errors.base import ToolFailed
from flowdeck.errors.nodes import HttpFailed
from flowdeck.graphs.http_requests import REDIRECTS, HttpRefusedError, HttpRequest, read_bounded, redirected, sent
from flowdeck.graphs.nodes.call import Call, Setting, Update
from flowdeck.graphs.nodes.http.spec import HttpNode
from flowdeck.graphs.templates import Template, ValueTemplate

_OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection"})


class HttpStep:
    """An http node made ready."""

    def __init__(self, node: HttpNode, setting: Setting) -> None:
        self._node = node
        self._policy = setting.resources.http
        self._url = Template.compile(node.url)
        self._headers = {name: Template.compile(value) for name, value in node.headers.items()}
        self._query = {name: ValueTemplate.compile(value) for name, value in node.query.items()}
        self._body = None if node.body is None else Template.compile(node.body)
        self._json = ValueTemplate.compile(node.json_body)

    async def value(self, call: Call) -> JsonValue:
        """`{status, headers, body}`; the body is parsed where it says it is JSON. Raises ToolFailed `http_failed`."""
        try:
            async with asyncio.timeout(self._node.timeout):
                return await self._send(self._request(call), self._node.redirects)
        except TimeoutError as error:
            raise self._failed(call, f"no response within {self._node.timeout:g} seconds") from error
        except HttpRefusedError as error:
            raise self._failed(call, str(error)) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise self._failed(call, f"{type(error).__name__}: {error}"[:300]) from error

    async def update(self, call: Call) -> Update:
        """The response in `output`."""
        content = await self.value(call)
        return {} if self._node.output is None else {self._node.output: content}

    def _failed(self, call: Call, message: str) -> ToolFailed:
        return HttpFailed(node=call.setting.name, message=message)

    def _request(self, call: Call) -> HttpRequest:
        node = self._node
        url = httpx.URL(call.render(self._url))
        query = {name: call.render_value(template) for name, template in self._query.items()}
        if query:
            url = url.copy_merge_params({name: _query_text(value) for name, value in query.items()})
        headers = {name.lower(): call.render(template) for name, template in self._headers.items()}
        headers = {name: value for name, value in headers.items() if name not in _OWN_HEADERS}
        headers["idempotency-key"] = call.idempotency_key
        content = None if self._body is None else call.render(self._body).encode()
        if node.json_body is not None:
            content = json.dumps(call.render_value(self._json), ensure_ascii=False).encode()
            headers.setdefault("content-type", "application/json")
        return HttpRequest(node.method, url, headers, content)

    async def _send(self, request: HttpRequest, redirects: int) -> JsonValue:
        async with sent(request, self._policy, seconds=self._node.timeout) as response:
            if response.status_code in REDIRECTS and "location" in response.headers and redirects > 0:
                return await self._send(redirected(request, response), redirects - 1)
            return self._content(response, await read_bounded(response))

    def _content(self, response: httpx.Response, data: bytes) -> JsonValue:
        expected = self._node.expect
        if expected is not None and response.status_code not in expected:
            raise HttpRefusedError(f"status {response.status_code}, expected {', '.join(map(str, expected))}")
        return {
            "status": response.status_code,
            "headers": {name.lower(): value for name, value in response.headers.items()},
            "body": _parsed(response.headers.get("content-type", ""), data, response.encoding),
        }


def _parsed(content_type: str, data: bytes, encoding: str | None) -> JsonValue:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        try:
            parsed: JsonValue = json.loads(data)
        except ValueError:
            return data.decode(errors="replace")
        return parsed
    try:
        return data.decode(encoding or "utf-8", errors="replace").replace("\x00", "�")
    except LookupError:
        return data.decode(errors="replace").replace("\x00", "�")


def _query_text(value: JsonValue) -> Any:
    if isinstance(value, list):
        return [_query_text(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)
