"""The YAML of the framework Flowdeck's design grew out of, translated into today's form.

That form has `state_schema` and `entry_point`; nodes are `{type: llm_node | analysis_node | tool_node |
condition_node, config, description}`, edges `{from, to, type: simple | conditional, condition}`.
"""

from collections.abc import Mapping
from dataclasses import replace

from pydantic import JsonValue

from flowdeck.yaml_source.located import Located, Path

DEFAULT_ITERATIONS = 10

_NODE_TYPES: Mapping[str, str] = {
    "llm_node": "llm",
    "analysis_node": "llm",
    "tool_node": "tool",
    "condition_node": "condition",
}
_CONFIG_KEYS: Mapping[str, str] = {
    "system_prompt": "system",
    "prompt_template": "prompt",
    "tool_name": "tool",
    "arguments": "args",
    "output_field": "output",
    "output_key": "output",
}
_FIELD_TYPES: Mapping[str, str] = {
    "str": "string",
    "text": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "array": "list",
    "dict": "object",
    "map": "object",
}
_REDUCERS: Mapping[str, str] = {"add_messages": "append", "operator.add": "add", "concat": "append"}
_START_NAMES = frozenset({"START", "__start__"})
_TOOL_CALLS = "has(last.tool_calls) && size(last.tool_calls) > 0"


def is_legacy(located: Located) -> bool:
    """Whether a document is written in the older form."""
    nodes = located.at(("nodes",))
    types = [node.get("type") for node in nodes.values() if isinstance(node, dict)] if isinstance(nodes, dict) else []
    keys = located.value if isinstance(located.value, dict) else {}
    return (
        "state_schema" in keys
        or "entry_point" in keys
        or any(isinstance(kind, str) and kind in _NODE_TYPES for kind in types)
    )


def modern(located: Located) -> Located:
    """The document in today's form; mistakes found in it later are told where they stand in the older text."""
    value = located.value
    if not isinstance(value, dict):
        return located
    translation = _Translation(value)
    return replace(located, value=translation.document(), origins=translation.origins)


class _Translation:
    """One document on its way, and where each moved value came from."""

    def __init__(self, value: Mapping[str, JsonValue]) -> None:
        self.origins: dict[Path, Path] = {}
        self._value = value

    def document(self) -> dict[str, JsonValue]:
        moved = {"state_schema", "entry_point", "nodes", "edges", "max_iterations", "config"}
        result = {key: item for key, item in self._value.items() if key not in moved}
        if "state_schema" in self._value:
            result["state"] = self._state()
            self.origins["state",] = ("state_schema",)
        edges = self._value.get("edges")
        entry = self._value.get("entry_point", self._entry_edge(edges))
        if entry is not None:
            result["entry"] = entry
            self.origins["entry",] = ("entry_point",)
        nodes = self._value.get("nodes")
        result["nodes"] = self._nodes(nodes) if isinstance(nodes, dict) else nodes
        result["edges"] = self._edges(edges, result["nodes"]) if isinstance(edges, list) else edges
        return result

    def _state(self) -> JsonValue:
        schema = self._value["state_schema"]
        if not isinstance(schema, dict):
            return schema
        return {name: self._field(name, field) for name, field in schema.items()}

    def _field(self, name: str, field: JsonValue) -> JsonValue:
        if isinstance(field, str):
            self.origins["state", name, "type"] = ("state_schema", name)
            return {"type": _field_type(name, field)}
        if not isinstance(field, dict):
            return field
        result = dict(field)
        result["type"] = _field_type(name, str(field.get("type", "any")))
        if result["type"] == "messages":
            # Messages begin empty by themselves, and come together by id.
            result = {key: item for key, item in result.items() if key not in {"default", "reducer"}}
        elif "reducer" in field:
            result["reducer"] = _REDUCERS.get(str(field["reducer"]), field["reducer"])
        return result

    def _entry_edge(self, edges: JsonValue) -> JsonValue:
        for index, edge in enumerate(edges if isinstance(edges, list) else []):
            if isinstance(edge, dict) and _is_start(edge.get("from")):
                self.origins["entry",] = ("edges", index, "to")
                return edge.get("to")
        return None

    def _nodes(self, nodes: Mapping[str, JsonValue]) -> JsonValue:
        return {name: self._node(name, node) for name, node in nodes.items()}

    def _node(self, name: str, node: JsonValue) -> JsonValue:
        if not isinstance(node, dict):
            return node
        kind = str(node.get("type"))
        result = {key: item for key, item in node.items() if key != "config"}
        result["type"] = _NODE_TYPES.get(kind, node.get("type"))
        config = node.get("config")
        for key, item in (config if isinstance(config, dict) else {}).items():
            renamed = _CONFIG_KEYS.get(key, key)
            if kind == "tool_node" and renamed == "tools":
                # The calls name their tools themselves; the list was for people.
                continue
            result[renamed] = item
            self.origins["nodes", name, renamed] = ("nodes", name, "config", key)
        return result

    def _edges(self, edges: list[JsonValue], nodes: JsonValue) -> JsonValue:
        result: list[JsonValue] = []
        for index, edge in enumerate(edges):
            if not isinstance(edge, dict):
                result.append(edge)
                continue
            if _is_start(edge.get("from")):
                continue
            at: Path = ("edges", len(result))
            self.origins[at] = ("edges", index)
            self.origins[*at, "when"] = ("edges", index, "condition")
            result.append(self._edge(edge))
        for name in nodes if isinstance(nodes, dict) else ():
            # There, a node that no edge leads on from ended the run.
            if not any(isinstance(edge, dict) and edge.get("from") == name for edge in result):
                self.origins["edges", len(result)] = ("nodes", name)
                result.append({"from": name, "to": "END"})
        return result

    def _edge(self, edge: Mapping[str, JsonValue]) -> JsonValue:
        result = {key: item for key, item in edge.items() if key not in {"type", "condition"}}
        condition = edge.get("condition")
        if edge.get("type", "simple") == "conditional" or condition is not None:
            result["when"] = self._condition(condition)
        elif edge.get("type") not in (None, "simple"):
            result["type"] = edge["type"]
        return result

    def _condition(self, condition: JsonValue) -> JsonValue:
        match condition:
            case "has_tool_calls":
                return _TOOL_CALLS
            case "no_tool_calls":
                return f"!({_TOOL_CALLS})"
            case "max_iterations_reached":
                return f"turns >= {self._iterations()}"
            case "has_errors":
                return " || ".join(self._errors())
            case None:
                return ""
            case _:
                return condition

    def _iterations(self) -> int:
        config = self._value.get("config")
        limit = self._value.get("max_iterations", config.get("max_iterations") if isinstance(config, dict) else None)
        schema = self._value.get("state_schema")
        field = schema.get("max_iterations") if isinstance(schema, dict) else None
        if limit is None and isinstance(field, dict):
            limit = field.get("default")
        return limit if isinstance(limit, int) else DEFAULT_ITERATIONS

    def _errors(self) -> list[str]:
        schema = self._value.get("state_schema")
        fields = schema if isinstance(schema, dict) else {}
        conditions = ["(has(last.status) && last.status == 'error')"]
        if "errors" in fields:
            conditions.append("(errors != null && errors != [])")
        if "error" in fields:
            conditions.append("(error != null && error != '')")
        return conditions


def _is_start(name: JsonValue) -> bool:
    return isinstance(name, str) and name in _START_NAMES


def _field_type(name: str, written: str) -> str:
    plain = written.lower().partition("[")[0]
    if "message" in written.lower() or (name == "messages" and plain in {"list", "array"}):
        return "messages"
    return _FIELD_TYPES.get(plain, plain)
