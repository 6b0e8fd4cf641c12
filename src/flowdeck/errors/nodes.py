"""What a node of a workflow fails with."""

from flowdeck.errors.base import Reason, RunFailed, ToolFailed


class UpdateInvalid(RunFailed):
    code = "update_invalid"
    en = "Node {node} wrote an invalid value to {field}: {message}"
    zh = "节点 {node} 向 {field} 写入了无效的值：{message}"
    node: str
    field: str
    message: str


class ReducerFailed(RunFailed):
    code = "reducer_failed"
    en = "The reducer of {field} failed on the value from node {node}: {message}"
    zh = "{field} 的 reducer 在处理节点 {node} 写入的值时失败：{message}"
    field: str
    node: str
    message: str


class NodeTimeout(RunFailed):
    code = "node_timeout"
    en = "Node {node} did not finish within {seconds} seconds."
    zh = "节点 {node} 未在 {seconds} 秒内完成。"
    node: str
    seconds: float


class ReplyCutOff(RunFailed):
    code = "reply_cut_off"
    en = "Node {node}: the model's reply was cut off at the token limit. Increase max_tokens."
    zh = "节点 {node}：模型的回复因达到 token 上限而被截断；请调大 max_tokens。"
    node: str


class ReplyIncomplete(RunFailed):
    code = "reply_incomplete"
    en = "Node {node}: the model's reply is incomplete: {reason}."
    zh = "节点 {node}：模型的回复不完整：{reason}。"
    node: str
    reason: Reason


class OutputInvalid(RunFailed):
    code = "output_invalid"
    en = "Node {node}: the model's reply does not match the schema: {message}"
    zh = "节点 {node}：模型的回复不符合结构定义：{message}"
    node: str
    message: str


class ToolCallInvalid(ToolFailed):
    code = "tool_call_invalid"
    en = "The model's call to tool {tool} was not executed: {message}"
    zh = "模型对工具 {tool} 的调用未执行：{message}"
    tool: str
    message: str


class ToolCallFailed(ToolFailed):
    code = "tool_failed"
    en = "Tool {tool} failed: {message}"
    zh = "工具 {tool} 失败：{message}"
    tool: str
    message: str


class HttpFailed(ToolFailed):
    code = "http_failed"
    en = "Node {node}: the HTTP call failed: {message}"
    zh = "节点 {node}：HTTP 调用失败：{message}"
    node: str
    message: str


class ExpressionFailed(RunFailed):
    code = "expression_failed"
    en = "Node {node}: the expression {expression} failed: {message}"
    zh = "节点 {node}：表达式 {expression} 失败：{message}"
    node: str
    expression: str
    message: str


class NoWayOn(RunFailed):
    code = "no_way_on"
    en = "Node {node}: no condition of its outgoing edges is true."
    zh = "节点 {node}：所有出边的条件均不成立。"
    node: str


class TemplateFailed(RunFailed):
    code = "template_failed"
    en = "Node {node}: the template failed: {message}"
    zh = "节点 {node}：模板失败：{message}"
    node: str
    message: str
