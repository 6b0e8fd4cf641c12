"""python: a function that the operator allows."""

import inspect
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, JsonValue
from typing_extensions import override

from flowdeck.graphs.python_code import call_python, load_callable, python_allowed, schema_of, takes_key
from flowdeck.graphs.schemas import schema_fault
from flowdeck.graphs.spec_model import Schema
from flowdeck.graphs.tool_types.base import Tool, ToolSetting, ToolSpec
from flowdeck.graphs.user_code import contained, failure_text
from flowdeck.yaml_source.located import Path


class PythonTool(ToolSpec):
    """The keys of a tool of type python. Without `args`, a JSON schema, the function's own parameters are taken."""

    type: Literal["python"]
    call: str = Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")
    args: Schema | None = None

    @override
    def prevented_by(self, setting: ToolSetting) -> tuple[Path, str] | None:
        if not python_allowed(self.call, setting.python_allow):
            return ("call",), f"{self.call} is not on the operator's allowlist (FLOWDECK_WORKFLOWS__PYTHON_ALLOW)"
        if self.args is not None and (fault := schema_fault(self.args)):
            return ("args", *fault[0]), fault[1]
        try:
            self.tool("", setting)
        except Exception as error:  # noqa: BLE001 - a module's own code runs when it is imported
            return ("call",), f"{self.call} cannot be loaded: {failure_text(error)}"
        return None

    @override
    def tool(self, name: str, setting: ToolSetting) -> Tool:
        function = load_callable(self.call)

        async def invoke(args: Mapping[str, Any], idempotency_key: str) -> JsonValue:
            keyed = {"idempotency_key": idempotency_key} if takes_key(function) else {}
            return await call_python(function, {**args, **keyed})

        with contained():
            description = self.description or inspect.getdoc(function) or f"Calls {self.call}."
            return Tool(name, self.type, description, self.args or schema_of(function), invoke, self.examples)


TOOL_TYPE = PythonTool
