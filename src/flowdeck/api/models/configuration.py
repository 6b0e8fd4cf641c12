"""Bodies of requests and answers about the configuration."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from flowdeck.api.models.base import RequestModel, ResponseModel
from flowdeck.api.models.responses import EdgeResponse, NodeResponse, ProblemPlaceResponse
from flowdeck.api.utils.serialization import Moment
from flowdeck.api.utils.validation import StorableText

FileKind = Literal["models", "prices", "tools", "settings", "workflow"]
VersionOrigin = Literal["saved", "restored", "imported", "deleted", "disk"]

_ETAG = '"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"'
_FILE = {
    "path": "models.yaml",
    "kind": "models",
    "size": 46,
    "etag": _ETAG,
    "modified_at": "2025-10-22T17:48:00.000000Z",
    "version": 3,
    "loaded": True,
    "loaded_version": 3,
    "workflow_id": None,
    "writable": True,
}
_VERSION = {
    "path": "models.yaml",
    "number": 3,
    "etag": _ETAG,
    "size": 46,
    "origin": "saved",
    "restored_from": None,
    "created_at": "2025-10-22T17:48:00.000000Z",
    "created_by": "local",
}
_CONTENT = "models:\n  default: {provider: local}\n"


def _example(example: dict[str, Any]) -> dict[str, Any]:
    return {"examples": [example]}


def _quoted(digest: object) -> object:
    return f'"{digest}"' if isinstance(digest, str) and not digest.startswith('"') else digest


ETag = Annotated[str, BeforeValidator(_quoted)]


class ConfigSaveRequest(RequestModel):
    """The complete text of a file."""

    model_config = ConfigDict(json_schema_extra=_example({"content": _CONTENT}))

    content: StorableText = Field(description="The YAML text. `${VAR}` is stored as written.")


class ConfigCheckRequest(RequestModel):
    """The text to validate. If left out, the file on disk is validated."""

    model_config = ConfigDict(json_schema_extra=_example({"content": _CONTENT}))

    content: StorableText | None = Field(None, description="The YAML text that would be saved.")


class SettingResponse(ResponseModel):
    """A setting with its current value."""

    name: str = Field(description="The name in `flowdeck.yaml`, such as `server.port`.")
    value: Any = Field(description="The current value. Secrets are shown as `****`.")
    source: Literal["default", "file", "environment", "option"] = Field(
        description="Where the value comes from. `file` is flowdeck.yaml, `option` is the command line."
    )
    default: Any
    variable: str = Field(description="The environment variable, such as `FLOWDECK_SERVER__PORT`.")
    description: str
    description_zh: str


class SettingsResponse(ResponseModel):
    """All settings."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "settings": [
                    {
                        "name": "database.url",
                        "value": "postgresql://flowdeck:****@db/flowdeck",
                        "source": "environment",
                        "default": None,
                        "variable": "FLOWDECK_DATABASE__URL",
                        "description": "`postgresql://…` or `sqlite:///…`. Default: flowdeck.db in the data folder.",
                        "description_zh": "`postgresql://…` 或 `sqlite:///…`；默认使用数据目录中的 flowdeck.db。",
                    }
                ]
            }
        )
    )

    settings: list[SettingResponse]


class ConfigFileResponse(ResponseModel):
    """A configuration file."""

    model_config = ConfigDict(json_schema_extra=_example(_FILE))

    path: str = Field(
        description="The path below the config folder, or the name of a workflow folder and the path below it."
    )
    kind: FileKind
    size: int = Field(description="The size in bytes.")
    etag: ETag = Field(validation_alias="digest", description="The value to send in If-Match.")
    modified_at: Moment
    version: int | None = Field(
        description="The newest stored version; null if the text has not been read or saved yet."
    )
    loaded: bool = Field(description="True if this text is in use.")
    loaded_version: int | None = Field(description="The version in use; null if it is not stored.")
    workflow_id: str | None = Field(
        description="The workflow version that was last loaded from this file; null if there is none."
    )
    writable: bool = Field(description="False for the settings file. It can only be changed on the server's machine.")


class ConfigFileListResponse(ResponseModel):
    """All configuration files."""

    model_config = ConfigDict(json_schema_extra=_example({"files": [_FILE], "total": 1}))

    files: list[ConfigFileResponse]
    total: int


class ConfigContentResponse(ConfigFileResponse):
    """A configuration file with its text."""

    model_config = ConfigDict(json_schema_extra=_example({**_FILE, "content": _CONTENT}))

    content: str = Field(description="The text of the file. A secret written in it is shown as `****`.")


class ConfigVersionResponse(ResponseModel):
    """A version of a file."""

    model_config = ConfigDict(json_schema_extra=_example(_VERSION))

    path: str
    number: int
    etag: ETag | None = Field(
        validation_alias="digest", description="The ETag of the text; null if this version is a deletion."
    )
    size: int
    origin: VersionOrigin = Field(
        description="How the version was made. `disk` means that Flowdeck found the file changed on disk."
    )
    restored_from: int | None = Field(description="The number of the restored version; null if none was restored.")
    created_at: Moment
    created_by: str = Field(
        description="The person who saved the version; `disk` if the file was changed outside Flowdeck."
    )


class ConfigVersionContentResponse(ConfigVersionResponse):
    """A version of a file with its text."""

    model_config = ConfigDict(json_schema_extra=_example({**_VERSION, "content": _CONTENT}))

    content: str | None = Field(description="The text; null if this version is a deletion.")


class ConfigVersionListResponse(ResponseModel):
    """One page of a file's versions, newest first."""

    model_config = ConfigDict(
        json_schema_extra=_example({"versions": [_VERSION], "total": 1, "page": 1, "page_size": 20, "has_next": False})
    )

    versions: list[ConfigVersionResponse] = Field(validation_alias="items")
    total: int
    page: int
    page_size: int
    has_next: bool


class ConfigDiffResponse(ResponseModel):
    """The differences between two versions of a file."""

    model_config = ConfigDict(
        populate_by_name=True,
        json_schema_extra=_example(
            {
                "path": "models.yaml",
                "from": 2,
                "to": 3,
                "diff": "--- models.yaml@2\n+++ models.yaml@3\n@@ -1 +1 @@\n-models: {}\n+models: {default: {}}\n",
            }
        ),
    )

    path: str
    first: int = Field(alias="from")
    second: int | None = Field(alias="to", description="Null: the file as it is now.")
    diff: str = Field(description="The differences in the format of `diff -u`; empty if the versions are equal.")


class EntriesResponse(ResponseModel):
    """The names of added, removed and changed models, tools, prices or settings."""

    added: list[str]
    removed: list[str]
    changed: list[str]


class OutlineResponse(ResponseModel):
    """A graph, from START to END."""

    nodes: list[NodeResponse]
    edges: list[EdgeResponse]


class NodeChangeResponse(ResponseModel):
    """A node before and after the change."""

    id: str
    before: NodeResponse
    after: NodeResponse


class EdgeChangeResponse(ResponseModel):
    """An edge between the same nodes, before and after the change."""

    before: EdgeResponse
    after: EdgeResponse


class GraphChangesResponse(ResponseModel):
    """The differences between two graphs."""

    nodes_added: list[NodeResponse]
    nodes_removed: list[NodeResponse]
    nodes_changed: list[NodeChangeResponse]
    edges_added: list[EdgeResponse]
    edges_removed: list[EdgeResponse]
    edges_changed: list[EdgeChangeResponse]
    reordered: list[str] = Field(
        description="Nodes with the same edges in a different order. The order decides which condition is checked "
        "first."
    )


class AffectedWorkflowResponse(ResponseModel):
    """A loaded workflow that uses something that would change."""

    workflow_id: str
    name: str
    uses: list[str] = Field(description="The changed models, tools or files that the workflow uses.")
    broken_by: str | None = Field(description="Why the workflow could no longer be built; null if it could.")


class ConfigCheckResponse(ResponseModel):
    """The effects of saving a text."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "path": "models.yaml",
                "kind": "models",
                "valid": True,
                "code": None,
                "detail": None,
                "errors": [],
                "diff": "--- models.yaml\n+++ models.yaml\n@@ -1 +1,2 @@\n models:\n+  fast: {provider: local}\n",
                "entries": {"added": ["fast"], "removed": [], "changed": []},
                "outline": None,
                "graph": None,
                "workflows": [],
            }
        )
    )

    path: str
    kind: FileKind
    valid: bool
    code: str | None = Field(description="The error code if the text would be rejected.")
    detail: str | None = Field(
        description="The reason for the rejection, in English or Chinese according to Accept-Language."
    )
    errors: list[ProblemPlaceResponse] = Field(description="The places with mistakes.")
    diff: str = Field(description="The differences from the current text, in the format of `diff -u`.")
    entries: EntriesResponse
    outline: OutlineResponse | None = Field(
        description="The graph of the workflow; null if the file is not a workflow or cannot be loaded."
    )
    graph: GraphChangesResponse | None = Field(description="The differences from the current graph.")
    workflows: list[AffectedWorkflowResponse] = Field(
        description="Current workflow versions that use something that would change."
    )


class ConfigImportResponse(ResponseModel):
    """The changes that an archive made, or would make."""

    model_config = ConfigDict(json_schema_extra=_example({"dry_run": True, "valid": True, "files": []}))

    dry_run: bool
    valid: bool = Field(description="False in a dry run if the archive would be rejected.")
    files: list[ConfigCheckResponse] = Field(description="One entry for each file in the archive.")
