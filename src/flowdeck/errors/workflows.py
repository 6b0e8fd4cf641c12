"""Workflow texts, and what they need: models, tools and variables."""

from pathlib import PurePath

from flowdeck.errors.base import Conflict, NotFound, Reason, Unloadable


class WorkflowNotFound(NotFound):
    code = "workflow_not_found"
    en = "There is no workflow {workflow_id}."
    zh = "工作流 {workflow_id} 不存在。"
    workflow_id: str


class WorkflowInUse(Conflict):
    code = "workflow_in_use"
    en = "Workflow {workflow_id} has {count} running session(s)."
    zh = "工作流 {workflow_id} 有 {count} 个会话正在运行。"
    workflow_id: str
    count: int


class PathOutsideRoots(Unloadable):
    code = "path_outside_roots"
    en = "The path does not lead to a file inside the workflow folders."
    zh = "该路径不在工作流目录之内。"


class PathNotFound(Unloadable):
    code = "path_not_found"
    en = "There is no workflow file at {path}."
    zh = "路径 {path} 处没有工作流文件。"
    path: str | PurePath


class PathNotAFile(Unloadable):
    code = "path_not_a_file"
    en = "{path} is not a regular file."
    zh = "{path} 不是普通文件。"
    path: str | PurePath


class DefinitionTooLarge(Unloadable):
    code = "definition_too_large"
    en = "The text is over {limit} bytes."
    zh = "文本超过 {limit} 字节。"
    limit: int


class DefinitionInvalid(Unloadable):
    code = "definition_invalid"
    en = "{name} cannot be loaded: {first}"
    zh = "{name} 无法加载：{first}"
    name: str
    first: Reason


class ModelNotFound(NotFound):
    code = "model_not_found"
    en = "There is no model {model}."
    zh = "没有模型 {model}。"
    model: str


class ModelNotConfigured(Unloadable):
    code = "model_not_configured"
    en = "No model is called {model}; configured are: {known}."
    zh = "没有名为 {model} 的模型；已配置的有：{known}。"
    model: str
    known: str


class EnvironmentVariableMissing(Unloadable):
    code = "environment_variable_missing"
    en = "{name} cannot be used: {reason}."
    zh = "{name} 无法使用：{reason}。"
    name: str
    reason: Reason
    variable: str


class ToolNotConfigured(Unloadable):
    code = "tool_not_configured"
    en = "No tool is called {tool}; configured are: {known}."
    zh = "没有名为 {tool} 的工具；已配置的有：{known}。"
    tool: str
    known: str


class ModelUnavailable(Unloadable):
    code = "model_unavailable"
    en = "Model {model} is unavailable: {reason}"
    zh = "模型 {model} 不可用：{reason}"
    model: str
    reason: Reason


class ToolUnavailable(Unloadable):
    code = "tool_unavailable"
    en = "Tool {tool} is unavailable: {reason}"
    zh = "工具 {tool} 不可用：{reason}"
    tool: str
    reason: Reason
