"""Node types: what an editor needs to know about them."""

from typing import Any

from flowdeck.api.models.workflows import NodeTypeListResponse
from flowdeck.api.openapi_errors import failures
from flowdeck.api.strict_router import Router
from flowdeck.graphs.nodes.form import NodeForm
from flowdeck.graphs.nodes.registry import NODE_TYPES

router = Router(prefix="/node-types", tag="workflows")


@router.get("/", response_model=NodeTypeListResponse, summary="List node types", responses=failures())
async def list_node_types() -> dict[str, Any]:
    """Returns all types of nodes in the order of a menu, with what an editor needs to add nodes and to show a form."""
    forms = sorted(((name, kind.form) for name, kind in NODE_TYPES.items()), key=lambda item: (item[1].order, item[0]))
    return {"node_types": [_node_type_response(name, form) for name, form in forms]}


def _node_type_response(name: str, form: NodeForm) -> dict[str, Any]:
    return {
        "type": name,
        "icon": form.icon,
        "purpose": {"en": form.en, "zh": form.zh},
        "starts_with": form.starts_with,
        "settings": [
            {"key": setting.key, "kind": setting.kind, "label": {"en": setting.en, "zh": setting.zh}}
            for setting in form.settings
        ],
    }
