"""Requests to web services on behalf of workflows; private addresses are refused unless the operator allows them."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

import httpx

from flowdeck.graphs.resources import HttpPolicy

MAX_RESPONSE_BYTES = 1_048_576
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What belongs to the first address alone, and is not sent on to another host.
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key", "api-key"})


class HttpRefusedError(Exception):
    """The request is not made, or its response not accepted; the message is for people."""


class HostNotFoundError(HttpRefusedError):
    """Nobody knows the host."""


@dataclass(frozen=True)
class HttpRequest:
    """A request as it is to be sent; `headers` are in lower case."""

    method: str
    url: httpx.URL
    headers: Mapping[str, str]
    content: bytes | None


@asynccontextmanager
async def sent(request: HttpRequest, policy: HttpPolicy, *, seconds: float) -> AsyncIterator[httpx.Response]:
    """The response to a request, its body still to be read; no redirect is followed.

    `seconds` limit each step of the exchange. Raises HttpRefusedError and httpx.HTTPError.
    """
    address = await permitted_address(request.url, policy)
    # The very address that was checked is connected to: asking for the name again could give another one.
    target = request.url.copy_with(host=address)
    headers = {**request.headers, "host": request.url.netloc.decode("ascii").rpartition("@")[2]}
    # No proxy from the environment (it would resolve the name itself), no cookies, no redirects of its own.
    async with httpx.AsyncClient(
        verify=_authorities(), trust_env=False, follow_redirects=False, timeout=seconds
    ) as client:
        built = client.build_request(
            request.method,
            target,
            headers=headers,
            content=request.content,
            extensions={"sni_hostname": request.url.host},
        )
        response = await client.send(built, stream=True)
        try:
            yield response
        finally:
            await response.aclose()


@cache
def _authorities() -> ssl.SSLContext:
    """Whose certificates are trusted. Reading them takes some 50 ms, so each process does it once."""
    return httpx.create_ssl_context(trust_env=False)


async def permitted_address(url: httpx.URL, policy: HttpPolicy) -> str:
    """The IP address to connect to for `url`.

    Raises HttpRefusedError unless it is http or https and every address of the host is public, or the operator allows
    this `host` or `host:port`. Private, loopback, link-local, multicast, reserved and unspecified addresses are not.
    """
    if url.scheme not in {"http", "https"} or not url.host:
        raise HttpRefusedError("only http:// and https:// URLs are allowed")
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise HostNotFoundError(f"the host {url.host} cannot be found") from error
    addresses = [str(entry[4][0]) for entry in found]
    if {url.host, f"{url.host}:{port}"} & policy.allow_private:
        return addresses[0]
    if not addresses or not all(map(_is_public, addresses)):
        raise HttpRefusedError(f"{url.host} is on a private network; the operator may allow it ({policy.setting})")
    return addresses[0]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        # An IPv4 address in IPv6's clothes leads to the same private machine.
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(str(inner))
    return address.is_global and not address.is_multicast


async def read_bounded(response: httpx.Response) -> bytes:
    data = bytearray()
    async for chunk in response.aiter_bytes():
        data += chunk
        if len(data) > MAX_RESPONSE_BYTES:
            raise HttpRefusedError(f"the response is larger than {MAX_RESPONSE_BYTES} bytes")
    return bytes(data)


def redirected(request: HttpRequest, response: httpx.Response) -> HttpRequest:
    """The request that a redirect asks for; RFC 9110, 15.4: 303, and POST after 301 and 302, become GET."""
    url = request.url.join(response.headers["location"])
    headers = dict(request.headers)
    if (url.scheme, url.host, url.port) != (request.url.scheme, request.url.host, request.url.port):
        headers = {name: value for name, value in headers.items() if name not in _SECRET_HEADERS}
    status = response.status_code
    if (status == httpx.codes.SEE_OTHER and request.method != "HEAD") or (
        status in {httpx.codes.MOVED_PERMANENTLY, httpx.codes.FOUND} and request.method == "POST"
    ):
        headers.pop("content-type", None)
        return HttpRequest("GET", url, headers, None)
    return HttpRequest(request.method, url, headers, request.content)
