"""How a client shows a node type: its icon and purpose, what a new node starts with, and the settings of its form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

Icon = Literal[
    "alert-triangle",
    "api",
    "arrows-split",
    "bell",
    "bolt",
    "brand-python",
    "bulb",
    "calculator",
    "calendar",
    "chart-bar",
    "clock-pause",
    "cloud",
    "code",
    "database",
    "file-text",
    "filter",
    "folder",
    "git-branch",
    "key",
    "language",
    "link",
    "list-check",
    "lock",
    "mail",
    "math-function",
    "message",
    "microphone",
    "photo",
    "refresh",
    "robot",
    "search",
    "send",
    "server",
    "shield-check",
    "sitemap",
    "sparkles",
    "stack-2",
    "table",
    "terminal",
    "tool",
    "user-question",
    "users",
    "webhook",
    "world",
]
"""The icons that the console has, by their names at https://tabler.io/icons."""

SettingKind = Literal[
    "text", "template", "number", "switch", "model", "tool", "tools", "list", "field", "pairs", "method"
]
"""How a setting is entered. `pairs` is a mapping of texts, `field` the name of a state field."""


@dataclass(frozen=True)
class FormField:
    """A setting that the form of a node type has a field for, with its label in both languages."""

    key: str
    """The key as it is written in YAML."""
    kind: SettingKind
    en: str
    zh: str


@dataclass(frozen=True)
class NodeForm:
    """How a client shows a node type, adds a node of it, and edits the node. `en` and `zh` say what the type is for.

    A setting that is not in `settings` can be edited only in the YAML.
    """

    icon: Icon
    en: str
    zh: str
    starts_with: Mapping[str, JsonValue]
    """The keys of a new node, except `type`. The node is without mistakes if the state has the fields that it names."""
    settings: tuple[FormField, ...]
    order: int
    """The place in the menu: types are sorted by it, then by name. The built-in types are ten apart."""


MODEL = FormField("model", "model", "Model", "模型")
SYSTEM = FormField("system", "template", "System", "系统消息")
TOOLS = FormField("tools", "tools", "Tools", "工具")
TEMPERATURE = FormField("temperature", "number", "Temperature", "温度")
MAX_TOKENS = FormField("max_tokens", "number", "Max tokens", "最大 Token 数")
ARGS = FormField("args", "pairs", "Arguments", "参数")
OUTPUT = FormField("output", "field", "Output field", "输出字段")
