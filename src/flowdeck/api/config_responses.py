"""What routes about the configuration share: preconditions from headers, checks and differences as responses."""

from typing import Any

from flowdeck.api.etags import is_any, read_if_match
from flowdeck.api.problems import problem_place
from flowdeck.errors.base import Language
from flowdeck.graphs.comparison import GraphDiff
from flowdeck.graphs.outline import Outline
from flowdeck.services.config_checks import FileCheck
from flowdeck.services.config_service import Precondition


def precondition(if_match: str | None, if_none_match: str | None) -> Precondition:
    """What the headers ask for."""
    wanted = read_if_match(if_match)
    match = None if wanted is None else ("*",) if wanted.any else wanted.tags
    return Precondition(match=match, absent=is_any(if_none_match))


def check_response(check: FileCheck, language: Language) -> dict[str, Any]:
    """The members of a check's response."""
    error = check.error
    return {
        "path": check.path,
        "kind": check.kind,
        "valid": error is None,
        "code": None if error is None else error.code,
        "detail": None if error is None else error.detail(language),
        "errors": [] if error is None else [problem_place(problem, language) for problem in error.problems],
        "diff": check.diff,
        "entries": check.entries,
        "outline": None if check.outline is None else outline_response(check.outline),
        "graph": None if check.graph is None else graph_response(check.graph),
        "workflows": check.workflows,
    }


def outline_response(outline: Outline) -> dict[str, Any]:
    """The members of a graph."""
    return {"nodes": [node.as_json() for node in outline.nodes], "edges": [edge.as_json() for edge in outline.edges]}


def graph_response(diff: GraphDiff) -> dict[str, Any]:
    """The members of a structural difference."""
    return {
        "nodes_added": [node.as_json() for node in diff.nodes_added],
        "nodes_removed": [node.as_json() for node in diff.nodes_removed],
        "nodes_changed": [
            {"id": after.id, "before": before.as_json(), "after": after.as_json()}
            for before, after in diff.nodes_changed
        ],
        "edges_added": [edge.as_json() for edge in diff.edges_added],
        "edges_removed": [edge.as_json() for edge in diff.edges_removed],
        "edges_changed": [
            {"before": before.as_json(), "after": after.as_json()} for before, after in diff.edges_changed
        ],
        "reordered": list(diff.reordered),
    }
