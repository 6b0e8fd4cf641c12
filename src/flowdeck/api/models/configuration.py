"""Bodies of requests and answers about the configuration."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

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


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Response(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class ConfigSaveRequest(_Request):
    """The whole text of a file."""

    model_config = ConfigDict(json_schema_extra=_example({"content": _CONTENT}))

    content: StorableText = Field(description="The YAML text. `${VAR}` stays as it is written.")


class ConfigCheckRequest(_Request):
    """A text to try out; left out: what the file holds on disk."""

    model_config = ConfigDict(json_schema_extra=_example({"content": _CONTENT}))

    content: StorableText | None = Field(None, description="The YAML text that would be saved.")


class SettingResponse(_Response):
    """A setting as it counts."""

    name: str = Field(description="As `flowdeck.yaml` has it: `server.port`.")
    value: Any = Field(description="Secrets are `****`.")
    source: Literal["default", "file", "environment", "option"] = Field(
        description="`file` is flowdeck.yaml, `option` the command line."
    )
    default: Any
    variable: str = Field(description="As the environment has it: `FLOWDECK_SERVER__PORT`.")
    description: str
    description_zh: str


class SettingsResponse(_Response):
    """Every setting."""

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
                        "description": "`postgresql://…` or `sqlite:///…`; left out: flowdeck.db in the data folder.",
                        "description_zh": "`postgresql://…` 或 `sqlite:///…`；留空则使用数据目录中的 flowdeck.db。",
                    }
                ]
            }
        )
    )

    settings: list[SettingResponse]


class ConfigFileResponse(_Response):
    """A configuration file."""

    model_config = ConfigDict(json_schema_extra=_example(_FILE))

    path: str = Field(description="Below the config folder, or a workflow folder's name and the path below that.")
    kind: FileKind
    size: int = Field(description="In bytes.")
    etag: ETag = Field(validation_alias="digest", description="For If-Match.")
    modified_at: Moment
    version: int | None = Field(description="The newest that is kept; null for a text that was not read or saved yet.")
    loaded: bool = Field(description="Whether what is in force is this text.")
    loaded_version: int | None = Field(description="The version that is in force, where it is kept.")
    workflow_id: str | None = Field(description="Of a workflow's file: the version that was loaded from it last.")
    writable: bool = Field(description="False for the settings, which are changed on the machine.")


class ConfigFileListResponse(_Response):
    """Every configuration file."""

    model_config = ConfigDict(json_schema_extra=_example({"files": [_FILE], "total": 1}))

    files: list[ConfigFileResponse]
    total: int


class ConfigContentResponse(ConfigFileResponse):
    """A configuration file with its text."""

    model_config = ConfigDict(json_schema_extra=_example({**_FILE, "content": _CONTENT}))

    content: str = Field(description="As it stands in the file; a secret written into it is `****`.")


class ConfigVersionResponse(_Response):
    """A version of a file."""

    model_config = ConfigDict(json_schema_extra=_example(_VERSION))

    path: str
    number: int
    etag: ETag | None = Field(validation_alias="digest", description="Null: the file was deleted.")
    size: int
    origin: VersionOrigin = Field(description="`disk`: it was found there, edited behind Flowdeck's back.")
    restored_from: int | None = Field(description="The version whose text it has again.")
    created_at: Moment
    created_by: str = Field(description="Who saved it; `disk` where nobody did through Flowdeck.")


class ConfigVersionContentResponse(ConfigVersionResponse):
    """A version of a file with its text."""

    model_config = ConfigDict(json_schema_extra=_example({**_VERSION, "content": _CONTENT}))

    content: str | None = Field(description="Null where the file was deleted.")


class ConfigVersionListResponse(_Response):
    """One page of a file's versions, newest first."""

    model_config = ConfigDict(
        json_schema_extra=_example({"versions": [_VERSION], "total": 1, "page": 1, "page_size": 20, "has_next": False})
    )

    versions: list[ConfigVersionResponse] = Field(validation_alias="items")
    total: int
    page: int
    page_size: int
    has_next: bool


class ConfigDiffResponse(_Response):
    """What differs between two versions of a file."""

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
    second: int | None = Field(alias="to", description="Null: the file as it is.")
    diff: str = Field(description="As `diff -u` has it; empty where nothing differs.")


class EntriesResponse(_Response):
    """Names that would come, go and change: of models, tools, prices or settings."""

    added: list[str]
    removed: list[str]
    changed: list[str]


class OutlineResponse(_Response):
    """A graph, from START to END."""

    nodes: list[NodeResponse]
    edges: list[EdgeResponse]


class NodeChangeResponse(_Response):
    """A node before and after."""

    id: str
    before: NodeResponse
    after: NodeResponse


class EdgeChangeResponse(_Response):
    """An edge between the same nodes, before and after."""

    before: EdgeResponse
    after: EdgeResponse


class GraphChangesResponse(_Response):
    """What differs between two graphs."""

    nodes_added: list[NodeResponse]
    nodes_removed: list[NodeResponse]
    nodes_changed: list[NodeChangeResponse]
    edges_added: list[EdgeResponse]
    edges_removed: list[EdgeResponse]
    edges_changed: list[EdgeChangeResponse]
    reordered: list[str] = Field(description="Nodes whose edges are the same and are tried in another order.")


class AffectedWorkflowResponse(_Response):
    """A loaded workflow that uses what would change."""

    workflow_id: str
    name: str
    uses: list[str] = Field(description="The models, tools or files that it uses of those that would change.")
    broken_by: str | None = Field(description="Why it could no longer be built; null where it could.")


class ConfigCheckResponse(_Response):
    """What saving a text would do."""

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
    code: str | None = Field(description="With which it would be refused.")
    detail: str | None = Field(description="The refusal in English or Chinese by Accept-Language.")
    errors: list[ProblemPlaceResponse] = Field(description="The places at fault.")
    diff: str = Field(description="Against what is there, as `diff -u` has it.")
    entries: EntriesResponse
    outline: OutlineResponse | None = Field(description="The graph of a workflow's file that would load.")
    graph: GraphChangesResponse | None = Field(description="What would be different in that graph.")
    workflows: list[AffectedWorkflowResponse] = Field(description="Current versions that use what would change.")


class ConfigImportResponse(_Response):
    """What an archive changed, or would."""

    model_config = ConfigDict(json_schema_extra=_example({"dry_run": True, "valid": True, "files": []}))

    dry_run: bool
    valid: bool = Field(description="False in a dry run of what would be refused.")
    files: list[ConfigCheckResponse] = Field(description="One for each file of the archive.")
