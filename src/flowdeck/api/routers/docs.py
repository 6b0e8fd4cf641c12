"""The API reference: Swagger UI, served from this machine, so that it works offline and under the strict CSP."""

from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

from flowdeck.errors.requests import RouteNotFound

router = APIRouter(include_in_schema=False)

_OWN = Path(__file__).parent.parent / "static"
_OWN_FILES = ("docs.js", "docs.css")
_SWAGGER_FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png")
_CACHED = {"Cache-Control": "public, max-age=86400"}


@router.get("/api/docs")
@router.get("/api/docs/")
async def reference() -> FileResponse:
    """The page."""
    return FileResponse(_OWN / "docs.html", headers={"Cache-Control": "no-cache"})


@router.get("/api/docs/{name}")
async def reference_file(name: str) -> FileResponse:
    """What the page loads, by a list: no path of a client is joined to a folder. Raises NotFound."""
    if name in _OWN_FILES:
        return FileResponse(_OWN / name, headers={"Cache-Control": "no-cache"})
    if name in _SWAGGER_FILES:
        return FileResponse(_swagger_folder() / name, headers=_CACHED)
    raise RouteNotFound()


def _swagger_folder() -> Path:
    """The folder of Swagger UI's files in its Python package, whose code is not imported: we need none of it."""
    spec = find_spec("swagger_ui")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("swagger-ui-py is a dependency, and is not installed")
    return Path(spec.submodule_search_locations[0]) / "static"
