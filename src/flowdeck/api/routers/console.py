"""The web console: its page for every address that is no other route's, and the files that the page loads.

The files are made by the build and listed when the application is made; a client's path is looked up in that list and
never joined to a folder.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from flowdeck.errors.requests import RouteNotFound

BUILT = Path(__file__).parent.parent / "console"
"""Where `make console` puts what it has built."""

_NONCE = "__CSP_NONCE__"  # where index.html wants the response's nonce
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))  # in our order of preference
_HASHED = {"Cache-Control": "public, max-age=31536000, immutable"}  # another content has another name
_NAMED = {"Cache-Control": "no-cache"}
_NOT_BUILT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Flowdeck</title></head>
<body>
<h1>The console is not built</h1>
<p>This checkout has no built console. Run <code>make console</code>, then start the server again.</p>
<p>The API works: its reference is at <a href="/api/docs">/api/docs</a>.</p>
</body>
</html>
"""


def _policy(nonce: str) -> str:
    """Of the console's page. The nonce is for `<style>` elements that its libraries add; scripts are files of ours."""
    return (
        "default-src 'none'; script-src 'self'; "
        f"style-src 'self' 'nonce-{nonce}'; "
        "connect-src 'self'; img-src 'self' data: blob:; media-src 'self'; font-src 'self'; worker-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """A file of the build, and its compressed forms by their encoding."""

    path: Path
    media_type: str
    encoded: Mapping[str, Path]


class Console:
    """Answers what no route has answered: the page or its files, and for the rest what was answered before.

    As plain ASGI behind all routes, so that it can never stand in for one: an unknown path below /api, and another
    method than GET and HEAD, stay unknown.
    """

    def __init__(self, otherwise: ASGIApp, folder: Path = BUILT) -> None:
        self._otherwise = otherwise
        self._files = _list_files(folder)
        index = folder / "index.html"
        self._page = index.read_text(encoding="utf-8") if index.is_file() else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = self._respond(scope) if _is_ours(scope) else None
        await (response or self._otherwise)(scope, receive, send)

    def _respond(self, scope: Scope) -> Response:
        """Raises NotFound."""
        path = scope["path"].removeprefix("/")
        file = self._files.get(path)
        if file is not None:
            return _file_response(file, Headers(scope=scope), hashed=path.startswith("assets/"))
        if path.startswith("assets/") or ("/" not in path and "." in path):
            raise RouteNotFound()  # a file that another build had, /favicon.ico, /robots.txt
        return self._page_response()

    def _page_response(self) -> Response:
        if self._page is None:
            return HTMLResponse(_NOT_BUILT, headers=_NAMED)
        nonce = secrets.token_urlsafe(16)
        headers = {**_NAMED, "Content-Security-Policy": _policy(nonce)}
        return HTMLResponse(self._page.replace(_NONCE, nonce), headers=headers)


def _is_ours(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    return scope["path"] != "/api" and not scope["path"].startswith("/api/")


def _list_files(folder: Path) -> Mapping[str, BuiltFile]:
    """Files by their path below the folder, without the page itself."""
    paths = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    suffixes = tuple(suffix for _, suffix in _ENCODINGS)
    plain = {name: path for name, path in paths.items() if not name.endswith(suffixes) and name != "index.html"}
    return {
        name: BuiltFile(
            path,
            guess_type(name)[0] or "application/octet-stream",
            {encoding: paths[name + suffix] for encoding, suffix in _ENCODINGS if name + suffix in paths},
        )
        for name, path in plain.items()
    }


def _file_response(file: BuiltFile, headers: Headers, *, hashed: bool) -> Response:
    """The smallest form that the client takes. Raises NotFound where a newer build has removed it meanwhile."""
    accepted = _accepted(headers.getlist("accept-encoding"))
    chosen = next((encoding for encoding, _ in _ENCODINGS if encoding in accepted and encoding in file.encoded), None)
    path = file.path if chosen is None else file.encoded[chosen]
    if not path.is_file():
        raise RouteNotFound()
    sent = {**(_HASHED if hashed else _NAMED), "Vary": "Accept-Encoding"}
    if chosen is not None:
        sent["Content-Encoding"] = chosen
    return FileResponse(path, media_type=file.media_type, headers=sent)


def _accepted(headers: Iterable[str]) -> set[str]:
    """The encodings that a client names and does not refuse by `q=0`."""
    accepted = set()
    for item in ",".join(headers).split(","):
        encoding, _, weight = item.partition(";")
        if weight.strip().replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            accepted.add(encoding.strip().lower())
    return accepted
