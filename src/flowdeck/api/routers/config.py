"""The configuration: the settings in force, and the files with their versions."""

from typing import Annotated, Any

from fastapi import Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from flowdeck.api.config_answers import check_answer, precondition
from flowdeck.api.dependencies import Acting, ClientLanguage, Reading, Services
from flowdeck.api.failures import BODY, UNLOADABLE, failures
from flowdeck.api.language import sentence
from flowdeck.api.models.configuration import (
    ConfigCheckRequest,
    ConfigCheckResponse,
    ConfigContentResponse,
    ConfigDiffResponse,
    ConfigFileListResponse,
    ConfigImportResponse,
    ConfigSaveRequest,
    ConfigVersionContentResponse,
    ConfigVersionListResponse,
    SettingsResponse,
)
from flowdeck.api.models.responses import MessageOnlyResponse
from flowdeck.api.routes import Router
from flowdeck.api.services.config_service import FileContent
from flowdeck.api.utils.pagination import Paging
from flowdeck.errors.configuration import ArchiveTypeUnsupported
from flowdeck.managers.paging import Page
from flowdeck.storage.tables import ConfigVersionRow

router = Router(prefix="/config", tag="config")

FilePath = Annotated[
    str,
    Path(
        description="Such as `models.yaml` or `workflows/chat.yaml`.",
        examples=["workflows/chat.yaml"],
    ),
]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="A version's number.")]
IfMatch = Annotated[
    str | None, Header(description="Change it only if its ETag is one of these; `*`: only if it is there.")
]
IfNoneMatch = Annotated[str | None, Header(description="`*`: only if it is not there yet.")]

ZIP = "application/zip"
_ZIP_TYPES = frozenset({ZIP, "application/x-zip-compressed", "application/octet-stream"})
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_ADDRESS = ("config_file_not_found", "path_outside_roots", "path_not_a_file", "definition_too_large")
_CHANGE = ("config_file_stale", "config_file_exists", "config_file_read_only", "config_not_writable", "storage_full")


@router.get("/", response_model=SettingsResponse, include_in_schema=False)
@router.get("", response_model=SettingsResponse, summary="Read the settings", responses=failures())
async def get_settings(services: Services) -> dict[str, Any]:
    """Every setting as it counts since the start, and where it came from. Secrets are `****`."""
    return {"settings": services.effective_settings}


@router.get("/files", response_model=ConfigFileListResponse, summary="List configuration files", responses=failures())
async def list_config_files(services: Services, scope: Acting) -> dict[str, Any]:
    """Models, prices, tools, settings and workflow files, by path."""
    files = await services.config_service.list_files(scope)
    return {"files": files, "total": len(files)}


@router.get(
    "/export",
    response_class=StreamingResponse,
    summary="Export the configuration",
    responses={200: {"description": "A zip archive.", "content": {ZIP: _BINARY}}, **failures()},
)
async def export_config(services: Services) -> StreamingResponse:
    """Models, prices, tools and workflows as one zip archive. The same files always give the same bytes.

    It holds no secrets, for the files only name variables; and no settings, which belong to the machine.
    """
    headers = {"Content-Disposition": 'attachment; filename="flowdeck-config.zip"'}
    return StreamingResponse(await services.config_service.export(), media_type=ZIP, headers=headers)


@router.post(
    "/import",
    response_model=ConfigImportResponse,
    summary="Import a configuration",
    responses=failures("archive_invalid", "archive_type_unsupported", "body_too_large", *UNLOADABLE, *_CHANGE),
    openapi_extra={"requestBody": {"required": True, "content": {ZIP: _BINARY}}},
)
async def import_config(
    request: Request,
    services: Services,
    scope: Acting,
    language: ClientLanguage,
    dry_run: Annotated[bool, Query(description="Only say what would change.")] = False,
) -> dict[str, Any]:
    """Save all files of a zip archive as one: all of them, or none where one would not load or cannot be written.

    Files that are not in the archive stay as they are.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _ZIP_TYPES:
        raise ArchiveTypeUnsupported()
    checks = await services.config_service.import_archive(scope, await request.body(), dry_run=dry_run)
    return {
        "dry_run": dry_run,
        "valid": all(check.error is None for check in checks),
        "files": [check_answer(check, language) for check in checks],
    }


@router.post(
    "/files/{path:path}/validate",
    response_model=ConfigCheckResponse,
    summary="Try a configuration file out",
    responses=failures(*_ADDRESS, *BODY),
)
async def validate_config_file(
    path: FilePath,
    services: Services,
    scope: Acting,
    language: ClientLanguage,
    body: ConfigCheckRequest | None = None,
) -> dict[str, Any]:
    """What saving the text would do: whether it loads, what would be different, and which workflows that concerns.

    Nothing is written. Without a text, the file on disk is compared to what is in force. A mistake is told with file,
    line, column and field, in the words of `flowdeck workflows validate`.
    """
    check = await services.config_checks.check(scope, path, None if body is None else body.content)
    return check_answer(check, language)


@router.get(
    "/files/{path:path}/versions",
    response_model=ConfigVersionListResponse,
    summary="List a file's versions",
    responses=failures(*_ADDRESS),
)
async def list_config_versions(
    path: FilePath, services: Services, scope: Acting, paging: Paging
) -> Page[ConfigVersionRow]:
    """One page of the versions that are kept, newest first; a deleted file's too."""
    return await services.config_service.list_versions(scope, path, page=paging.page, page_size=paging.page_size)


@router.get(
    "/files/{path:path}/versions/{number:version}",
    response_model=ConfigVersionContentResponse,
    summary="Read a file's version",
    responses=failures(*_ADDRESS, "config_version_not_found"),
)
async def get_config_version(path: FilePath, number: Number, tx: Reading, services: Services) -> ConfigVersionRow:
    """A version with its text."""
    file = services.config_files.find(path)
    return await services.config_versions.get(tx, file.path, number)


@router.post(
    "/files/{path:path}/versions/{number:version}/restore",
    response_model=ConfigContentResponse,
    summary="Restore a file's version",
    responses=failures("config_version_not_found", *_ADDRESS, *UNLOADABLE, *_CHANGE),
)
async def restore_config_version(
    *,
    path: FilePath,
    number: Number,
    services: Services,
    scope: Acting,
    response: Response,
    if_match: IfMatch = None,
) -> FileContent:
    """Give the file the text of that version again, which becomes its newest version. It must load today."""
    file = await services.config_service.restore(scope, path, number, precondition(if_match, None))
    response.headers["ETag"] = _etag(file)
    return file


@router.get(
    "/files/{path:path}/diff",
    response_model=ConfigDiffResponse,
    summary="Compare two versions of a file",
    responses=failures(*_ADDRESS, "config_version_not_found"),
)
async def diff_config_versions(
    path: FilePath,
    services: Services,
    scope: Acting,
    first: Annotated[int, Query(alias="from", ge=1, le=2**31 - 1, description="A version's number.")],
    second: Annotated[
        int | None, Query(alias="to", ge=1, le=2**31 - 1, description="Another's; left out: the file as it is.")
    ] = None,
) -> dict[str, Any]:
    """What was changed from one version to the other."""
    file, diff = await services.config_service.diff(scope, path, first, second)
    return {"path": file.path, "from": first, "to": second, "diff": diff}


@router.get(
    "/files/{path:config_file}",
    response_model=ConfigContentResponse,
    summary="Read a configuration file",
    responses=failures(*_ADDRESS),
)
async def get_config_file(path: FilePath, services: Services, scope: Acting, response: Response) -> FileContent:
    """The file with its text and its ETag, for a later change with If-Match. `${VAR}` is never filled in."""
    file = await services.config_service.read(scope, path)
    response.headers["ETag"] = _etag(file)
    return file


@router.put(
    "/files/{path:config_file}",
    response_model=ConfigContentResponse,
    summary="Save a configuration file",
    responses={
        201: {"description": "The file is new.", "model": ConfigContentResponse},
        **failures(*_ADDRESS, *UNLOADABLE, *_CHANGE, *BODY),
    },
)
async def save_config_file(
    *,
    path: FilePath,
    body: ConfigSaveRequest,
    services: Services,
    scope: Acting,
    response: Response,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> FileContent:
    """Replace the file, or make it, and put it into force: runs that begin from now on go by it.

    What would not load is refused, nothing is written, and the old text stays in force. Runs that are under way keep
    what they began with. Without If-Match, whatever is there is replaced; its text stays as a version.
    """
    file, created = await services.config_service.save(scope, path, body.content, precondition(if_match, if_none_match))
    response.headers["ETag"] = _etag(file)
    if created:
        response.status_code = 201
        response.headers["Location"] = f"/api/config/files/{file.path}"
    return file


@router.delete(
    "/files/{path:config_file}",
    response_model=MessageOnlyResponse,
    summary="Delete a configuration file",
    responses=failures(*_ADDRESS, *_CHANGE),
)
async def delete_config_file(
    path: FilePath, services: Services, scope: Acting, language: ClientLanguage, if_match: IfMatch = None
) -> dict[str, str]:
    """Remove the file; its versions stay and can be restored. Workflow versions that were loaded from it stay too.

    Without models.yaml there is the embedded model, without tools.yaml the built-in tools, without prices.yaml only
    the prices that come with Flowdeck.
    """
    await services.config_service.delete(scope, path, precondition(if_match, None))
    return {"message": sentence("config_file_deleted", language)}


def _etag(file: FileContent) -> str:
    return f'"{file.digest}"'
