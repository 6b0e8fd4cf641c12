"""Workflow texts, and what they need: models, tools and variables."""

from pathlib import PurePath

from flowdeck.errors.base import Conflict, NotFound, Reason, Unloadable


class WorkflowNotFound(NotFound):
    code = "workflow_not_found"
    en = "Workflow {workflow_id} does not exist."
    zh = "工作流 {workflow_id} 不存在。"
    workflow_id: str


class WorkflowInUse(Conflict):
    code = "workflow_in_use"
    en = "Workflow {workflow_id} is in use: {count} session(s) are running it."
    zh = "工作流 {workflow_id} 有 {count} 个会话正在运行。"
    workflow_id: str
    count: int


class PathOutsideRoots(Unloadable):
    code = "path_outside_roots"
    en = "The path does not point to a file in a workflow folder."
    zh = "该路径不在工作流目录之内。"


class PathNotFound(Unloadable):
    code = "path_not_found"
    en = "The workflow file {path} does not exist."
    zh = "路径 {path} 处没有工作流文件。"
    path: str | PurePath


class PathNotAFile(Unloadable):
    code = "path_not_a_file"
    en = "{path} is not a regular file."
    zh = "{path} 不是普通文件。"
    path: str | PurePath


class DefinitionTooLarge(Unloadable):
    code = "definition_too_large"
    en = "The text is longer than {limit} bytes."
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
    en = "Model {model} does not exist."
    zh = "模型 {model} 不存在。"
    model: str


class ModelNotConfigured(Unloadable):
    code = "model_not_configured"
    en = "Model {model} is not configured. The configured models are: {known}."
    zh = "未配置模型 {model}；已配置的模型：{known}。"
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
    en = "Tool {tool} is not configured. The configured tools are: {known}."
    zh = "未配置工具 {tool}；已配置的工具：{known}。"
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
