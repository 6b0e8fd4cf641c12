"""The configuration: the settings in force, and the files with their versions."""

from typing import Annotated, Any

from fastapi import Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from flowdeck.api.config_responses import check_response, precondition
from flowdeck.api.dependencies import Acting, ClientLanguage, ContainerDep, Reading
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
from flowdeck.api.openapi_errors import BODY, UNLOADABLE, failures
from flowdeck.api.strict_router import Router
from flowdeck.api.success_texts import sentence
from flowdeck.api.utils.pagination import Paging
from flowdeck.errors.configuration import ArchiveTypeUnsupported
from flowdeck.managers.paging import Page
from flowdeck.services.config_service import FileContent
from flowdeck.storage.tables import ConfigVersionRow

router = Router(prefix="/config", tag="config")

FilePath = Annotated[
    str,
    Path(
        description="The file's path, such as `models.yaml` or `workflows/chat.yaml`.",
        examples=["workflows/chat.yaml"],
    ),
]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="The number of a version.")]
IfMatch = Annotated[
    str | None, Header(description="Change the file only if its ETag is one of these. `*` matches any existing file.")
]
IfNoneMatch = Annotated[str | None, Header(description="`*`: save only if the file does not exist yet.")]

ZIP = "application/zip"
_ZIP_TYPES = frozenset({ZIP, "application/x-zip-compressed", "application/octet-stream"})
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_ADDRESS = ("config_file_not_found", "path_outside_roots", "path_not_a_file", "definition_too_large")
_CHANGE = ("config_file_stale", "config_file_exists", "config_file_read_only", "config_not_writable", "storage_full")


@router.get("/", response_model=SettingsResponse, include_in_schema=False)
@router.get("", response_model=SettingsResponse, summary="Read the settings", responses=failures())
async def get_settings(container: ContainerDep) -> dict[str, Any]:
    """Returns every setting with its value since the server started and its source. Secrets are shown as `****`."""
    return {"settings": container.effective_settings}


@router.get("/files", response_model=ConfigFileListResponse, summary="List configuration files", responses=failures())
async def list_config_files(container: ContainerDep, scope: Acting) -> dict[str, Any]:
    """Returns the files for models, prices, tools, settings and workflows, ordered by path."""
    files = await container.config_service.list_files(scope)
    return {"files": files, "total": len(files)}


@router.get(
    "/export",
    response_class=StreamingResponse,
    summary="Export the configuration",
    responses={200: {"description": "A zip archive.", "content": {ZIP: _BINARY}}, **failures()},
)
async def export_config(container: ContainerDep) -> StreamingResponse:
    """Returns models, prices, tools and workflows as one zip archive. The same files always give the same bytes.

    The archive contains no secrets, because the files only name variables. It contains no settings, because these
    belong to one machine.
    """
    headers = {"Content-Disposition": 'attachment; filename="flowdeck-config.zip"'}
    return StreamingResponse(await container.config_service.export(), media_type=ZIP, headers=headers)


@router.post(
    "/import",
    response_model=ConfigImportResponse,
    summary="Import a configuration",
    responses=failures("archive_invalid", "archive_type_unsupported", "body_too_large", *UNLOADABLE, *_CHANGE),
    openapi_extra={"requestBody": {"required": True, "content": {ZIP: _BINARY}}},
)
async def import_config(
    request: Request,
    container: ContainerDep,
    scope: Acting,
    language: ClientLanguage,
    dry_run: Annotated[bool, Query(description="Only report what would change.")] = False,
) -> dict[str, Any]:
    """Saves all files of a zip archive together. If one cannot be loaded or written, none is saved.

    Files that are not in the archive do not change.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _ZIP_TYPES:
        raise ArchiveTypeUnsupported()
    checks = await container.config_service.import_archive(scope, await request.body(), dry_run=dry_run)
    return {
        "dry_run": dry_run,
        "valid": all(check.error is None for check in checks),
        "files": [check_response(check, language) for check in checks],
    }


@router.post(
    "/files/{path:path}/validate",
    response_model=ConfigCheckResponse,
    summary="Validate a configuration file",
    responses=failures(*_ADDRESS, *BODY),
)
async def validate_config_file(
    path: FilePath,
    container: ContainerDep,
    scope: Acting,
    language: ClientLanguage,
    body: ConfigCheckRequest | None = None,
) -> dict[str, Any]:
    """Reports what saving a text would do: whether it loads, what changes, and which workflows are affected.

    Nothing is written. Without a text, the file on disk is compared with the configuration in use. A mistake is
    reported with its file, line, column and field, in the same words as `flowdeck workflows validate` uses.
    """
    check = await container.config_checks.check(scope, path, None if body is None else body.content)
    return check_response(check, language)


@router.get(
    "/files/{path:path}/versions",
    response_model=ConfigVersionListResponse,
    summary="List a file's versions",
    responses=failures(*_ADDRESS),
)
async def list_config_versions(
    path: FilePath, container: ContainerDep, scope: Acting, paging: Paging
) -> Page[ConfigVersionRow]:
    """Returns one page of the file's stored versions, newest first. This also works for a deleted file."""
    return await container.config_service.list_versions(scope, path, page=paging.page, page_size=paging.page_size)


@router.get(
    "/files/{path:path}/versions/{number:version}",
    response_model=ConfigVersionContentResponse,
    summary="Read a version of a file",
    responses=failures(*_ADDRESS, "config_version_not_found"),
)
async def get_config_version(path: FilePath, number: Number, tx: Reading, container: ContainerDep) -> ConfigVersionRow:
    """Returns a version with its text."""
    file = container.config_files.find(path)
    return await container.config_versions.get(tx, file.path, number)


@router.post(
    "/files/{path:path}/versions/{number:version}/restore",
    response_model=ConfigContentResponse,
    summary="Restore a version of a file",
    responses=failures("config_version_not_found", *_ADDRESS, *UNLOADABLE, *_CHANGE),
)
async def restore_config_version(
    *,
    path: FilePath,
    number: Number,
    container: ContainerDep,
    scope: Acting,
    response: Response,
    if_match: IfMatch = None,
) -> FileContent:
    """Writes the text of this version to the file, as its newest version. The text must be valid today."""
    file = await container.config_service.restore(scope, path, number, precondition(if_match, None))
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
    container: ContainerDep,
    scope: Acting,
    first: Annotated[int, Query(alias="from", ge=1, le=2**31 - 1, description="The version to compare from.")],
    second: Annotated[
        int | None,
        Query(
            alias="to", ge=1, le=2**31 - 1, description="The version to compare to. If left out, the file as it is now."
        ),
    ] = None,
) -> dict[str, Any]:
    """Returns what changed from one version to the other."""
    file, diff = await container.config_service.diff(scope, path, first, second)
    return {"path": file.path, "from": first, "to": second, "diff": diff}


@router.get(
    "/files/{path:config_file}",
    response_model=ConfigContentResponse,
    summary="Read a configuration file",
    responses=failures(*_ADDRESS),
)
async def get_config_file(path: FilePath, container: ContainerDep, scope: Acting, response: Response) -> FileContent:
    """Returns the file with its text, and its ETag for a later change with If-Match. `${VAR}` is never filled in."""
    file = await container.config_service.read(scope, path)
    response.headers["ETag"] = _etag(file)
    return file


@router.put(
    "/files/{path:config_file}",
    response_model=ConfigContentResponse,
    summary="Save a configuration file",
    responses={
        201: {"description": "The file was created.", "model": ConfigContentResponse},
        **failures(*_ADDRESS, *UNLOADABLE, *_CHANGE, *BODY),
    },
)
async def save_config_file(
    *,
    path: FilePath,
    body: ConfigSaveRequest,
    container: ContainerDep,
    scope: Acting,
    response: Response,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> FileContent:
    """Creates or replaces the file, and uses it for all runs that start from now on.

    A text that cannot be loaded is rejected: nothing is written, and the old text stays in use. Runs in progress keep
    the configuration that they started with. Without If-Match, the file is replaced whatever it contains. The replaced
    text stays available as a version.
    """
    file, created = await container.config_service.save(
        scope, path, body.content, precondition(if_match, if_none_match)
    )
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
    path: FilePath, container: ContainerDep, scope: Acting, language: ClientLanguage, if_match: IfMatch = None
) -> dict[str, str]:
    """Deletes the file. Its versions stay and can be restored. Workflow versions loaded from it stay too.

    Without models.yaml, only the embedded model is available. Without tools.yaml, the built-in tools are available.
    Without prices.yaml, only the prices that come with Flowdeck are used.
    """
    await container.config_service.delete(scope, path, precondition(if_match, None))
    return {"message": sentence("config_file_deleted", language)}


def _etag(file: FileContent) -> str:
    return f'"{file.digest}"'
