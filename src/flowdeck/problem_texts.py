"""What problems of a text or a request say, in Chinese.

A problem's text is English wherever it is made: by Flowdeck, Pydantic, jsonschema, PyYAML, minijinja or CEL. This
catalogue has a Chinese text for each, by the English one, as gettext's catalogues do. `{name}` stands for what is
quoted; `{_name}` stands for another text of the catalogue. What is not in it stays English.
"""

import re
from collections.abc import Mapping
from functools import cache

CHINESE: Mapping[str, str] = {
    # -- YAML
    "the character {code} is not allowed in YAML": "YAML 中不允许使用字符 {code}",
    "YAML does not take tabs for indentation; use spaces": "YAML 不能用制表符缩进，请使用空格",
    "the text is empty; expected a mapping": "文本为空，应为映射",
    "expected a mapping at the top level": "最外层应为映射",
    "more than {count} values once aliases are expanded": "展开别名后超过 {count} 个值",
    "nested more than {count} levels deep": "嵌套超过 {count} 层",
    "nested deeper than {count} levels": "嵌套超过 {count} 层",
    "tags are not read: {tag}": "不支持标签：{tag}",
    "merge keys (<<) are not read; write the keys out": "不支持合并键（<<），请写出各个键",
    "keys are text; put {key} in quotes": "键必须是文本，请给 {key} 加引号",
    "keys are text": "键必须是文本",
    "duplicate key; the first is on line {line}": "键重复，第一次出现在第 {line} 行",
    "{text} is no {tag}": "{text} 不是 {tag}",
    'put quotes around a text that begins with a brace, such as "{example}": without them it is YAML\'s own syntax': (
        '以花括号开头的文本请加引号，例如 "{example}"；不加引号会被当作 YAML 语法'
    ),
    'put quotes around a reference inside braces or brackets: "{example}"': (
        '花括号或方括号内的引用请加引号，例如 "{example}"'
    ),
    "the environment variable {name} is not set": "环境变量 {name} 未设置",
    "the environment variable {name} is not set: {reason}": "环境变量 {name} 未设置：{reason}",
    "the environment variable {name} is empty": "环境变量 {name} 为空",
    "the environment variable {name} is empty: {reason}": "环境变量 {name} 为空：{reason}",
    "there is no {_kind} {name}; did you mean {close}? known are: {known}": (
        "没有名为 {name} 的{_kind}；是否想写 {close}？可用：{known}"
    ),
    "there is no {_kind} {name}; known are: {known}": "没有名为 {name} 的{_kind}；可用：{known}",
    "expected a mapping with a `type`": "应为带 `type` 的映射",
    "the pattern {pattern} has parts {_reason}": "正则 {pattern} 不可用：{_reason}",
    "the arguments of tool {name} have the pattern {pattern} at {field}, {_reason}": (
        "工具 {name} 的参数中，{field} 的正则 {pattern} 不可用：{_reason}"
    ),
    "which the embedded model (model {name}) cannot follow: {cure}": (
        "内置本地模型（模型 {name}）无法遵循其中的部分，请改用 [0-9]、[a-zA-Z0-9_] 之类的写法，或换一个模型"
    ),
    "is missing; every node needs a way on, such as {example}": "缺失；每个节点都需要后续的边，例如 {example}",
    "filter": "过滤器",
    "test": "测试",
    "function": "函数",
    "while parsing a block mapping, {_problem}": "解析块映射时：{_problem}",
    "while parsing a block collection, {_problem}": "解析块列表时：{_problem}",
    "while parsing a flow mapping, {_problem}": "解析花括号映射时：{_problem}",
    "while parsing a flow sequence, {_problem}": "解析方括号列表时：{_problem}",
    "while parsing a flow node, {_problem}": "解析花括号或方括号内容时：{_problem}",
    "while parsing a block node, {_problem}": "解析块内容时：{_problem}",
    "while parsing a node, {_problem}": "解析内容时：{_problem}",
    "while scanning a simple key, {_problem}": "读取键时：{_problem}",
    "while scanning a quoted scalar, {_problem}": "读取带引号的文本时：{_problem}",
    "while scanning a plain scalar, {_problem}": "读取文本时：{_problem}",
    "while scanning a block scalar, {_problem}": "读取多行文本时：{_problem}",
    "while scanning for the next token, {_problem}": "读取下一个符号时：{_problem}",
    "while scanning an alias, {_problem}": "读取别名时：{_problem}",
    "while scanning an anchor, {_problem}": "读取锚点时：{_problem}",
    "while scanning a tag, {_problem}": "读取标签时：{_problem}",
    "while scanning a directive, {_problem}": "读取指令时：{_problem}",
    "while parsing a quoted scalar, {_problem}": "读取带引号的文本时：{_problem}",
    "expected a single document in the stream, {_problem}": "应只有一个文档：{_problem}",
    "but found another document": "却出现了另一个文档",
    "could not find expected ':'": "缺少冒号（:）",
    "could not found expected ':'": "缺少冒号（:）",
    "mapping values are not allowed in this context": "此处不能出现映射的值",
    "mapping values are not allowed here": "此处不能出现映射的值",
    "did not find expected key": "缺少应有的键",
    "did not find expected '-' indicator": "缺少列表项的 -",
    "did not find expected ',' or '}'": "缺少逗号或右花括号",
    "did not find expected ',' or ']'": "缺少逗号或右方括号",
    "did not find expected node content": "缺少应有的内容",
    "did not find expected <document start>": "文档没有正确开始",
    "did not find expected alphabetic or numeric character": "缺少字母或数字",
    "did not find expected whitespace or line break": "缺少空格或换行",
    "found character that cannot start any token": "出现了不能作为开头的字符",
    "found unexpected end of stream": "文本意外结束",
    "found unexpected document indicator": "意外出现了文档分隔符",
    "found unknown escape character": "出现了未知的转义字符",
    "found invalid escape sequence": "出现了无效的转义序列",
    "found undefined alias": "使用了未定义的别名",
    "found duplicate anchor; first occurrence": "锚点重复",
    "found a tab character where an indentation space is expected": "缩进处出现了制表符，应为空格",
    "block sequence entries are not allowed in this context": "此处不能出现列表项",
    "block mapping keys are not allowed in this context": "此处不能出现映射的键",
    "control characters are not allowed": "不允许使用控制字符",
    # -- shapes
    "unknown key; did you mean {close}? expected one of: {known}": "未知的键；是否想写 {close}？可用的键：{known}",
    "unknown key; expected one of: {known}": "未知的键；可用的键：{known}",
    "unknown key; expected `models`": "未知的键；应为 `models`",
    "unknown key": "未知的键",
    "unknown type; expected one of {known}": "未知的类型；可用的类型：{known}",
    "is missing; expected one of: {known}": "缺失；可用的值：{known}",
    "is missing": "缺失",
    "expected a mapping with keys of: {keys}": "应为包含这些键的映射：{keys}",
    "expected a mapping; write {example}": "应为映射，请写成 {example}",
    "expected a mapping: names with what they stand for": "应为映射：名称及其含义",
    "expected a state field, or a mapping of answer field to state field": "应为状态字段，或回复字段到状态字段的映射",
    "expected a duration such as 90s, 5m or 24h": "应为时长，例如 90s、5m 或 24h",
    "expected a valid string": "应为文本",
    "expected a valid integer": "应为整数",
    "expected a valid integer, {detail}": "应为整数",
    "expected a valid number": "应为数字",
    "expected a valid number, {detail}": "应为数字",
    "expected a valid boolean": "应为布尔值",
    "expected a valid boolean, {detail}": "应为布尔值",
    "expected a valid list": "应为列表",
    "expected a valid tuple": "应为列表",
    "expected a valid dictionary": "应为映射",
    "expected a valid dictionary or instance of {name}": "应为映射",
    "expected greater than or equal to {number}": "应不小于 {number}",
    "expected less than or equal to {number}": "应不大于 {number}",
    "expected greater than {number}": "应大于 {number}",
    "expected less than {number}": "应小于 {number}",
    "expected '{known}'": "应为 '{known}'",
    "string should match pattern {pattern}": "文本应匹配 {pattern}",
    "string should have at most {count} characters": "文本最多 {count} 个字符",
    "string should have at least {count} character": "文本至少 {count} 个字符",
    "string should have at least {count} characters": "文本至少 {count} 个字符",
    "dictionary should have at least {count} item after validation, not {found}": "映射至少要有 {count} 项",
    "tuple should have at least {count} item after validation, not {found}": "列表至少要有 {count} 项",
    "list should have at least {count} item after validation, not {found}": "列表至少要有 {count} 项",
    "Field required": "缺失",
    "Extra inputs are not permitted": "不允许的字段",
    "Input should be a valid string": "应为文本",
    "Input should be a valid integer": "应为整数",
    "Input should be a valid integer, {detail}": "应为整数",
    "Input should be a valid number": "应为数字",
    "Input should be a valid boolean": "应为布尔值",
    "Input should be a valid boolean, {detail}": "应为布尔值",
    "Input should be a valid list": "应为列表",
    "Input should be a valid dictionary": "应为映射",
    "Input should be an object": "应为对象",
    "Input should be a number": "应为数字",
    "Input should be greater than or equal to {number}": "应不小于 {number}",
    "Input should be less than or equal to {number}": "应不大于 {number}",
    "Input should be greater than {number}": "应大于 {number}",
    "Input should be {known}": "应为 {known}",
    "String should match pattern {pattern}": "文本应匹配 {pattern}",
    "String should have at most {count} characters": "文本最多 {count} 个字符",
    "String should have at least {count} character": "文本至少 {count} 个字符",
    "String should have at least {count} characters": "文本至少 {count} 个字符",
    # -- requests
    "exactly one of {first} and {second} is needed": "{first} 和 {second} 必须且只能给出一个",
    "name one of snapshot_id, label and checkpoint_id": "请给出 snapshot_id、label 或 checkpoint_id 之一",
    "name one of checkpoint_id and before_message_id": "请给出 checkpoint_id 或 before_message_id 之一",
    "say what is to change: values or remove_messages": "请给出要修改的内容：values 或 remove_messages",
    "as a text, an amount is digits, with a point and up to 20 more if you like": (
        "以文本表示的金额由数字组成，可带小数点和最多 20 位小数"
    ),
    "Input should be a number or a text": "应为数字或文本",
    "a secret is whsec_ and 24 to 64 bytes in base64": "密钥应为 whsec_ 加 24 到 64 字节的 base64",
    "a name stands twice in one object": "同一个对象中有重复的名称",
    "{name} is no JSON number": "{name} 不是 JSON 数字",
    "a number is too large": "数字太大",
    "a list of {known}, separated by commas": "用逗号分隔的列表，可用：{known}",
    "the text is not UTF-8": "文本不是 UTF-8",
    "a time is a text as ISO 8601 has it, such as {example}": "时间应为 ISO 8601 文本，例如 {example}",
    "the time is beyond what can be stored": "时间超出可存储的范围",
    # -- what a workflow says
    "a Python graph brings its own; leave this out": "Python 图自带这些内容，请删去",
    "a node's name begins with a letter or _ and has up to 64 letters, digits, _ and -; START and END are taken": (
        "节点名以字母或 _ 开头，最多 64 个字母、数字、_ 和 -；START 和 END 已被占用"
    ),
    "a state field has this name too; rename one of them": "与某个状态字段同名，请改掉其中一个",
    "a field's name begins with a letter and is not one of {reserved}": "字段名以字母开头，且不能是：{reserved}",
    "a {type} cannot be reduced by {reducer}; expected one of: {known}": (
        "{type} 类型不能用 {reducer} 合并；可用：{known}"
    ),
    "messages have no default": "messages 没有默认值",
    "a mapping needs a `schema` that gives the fields": "使用映射时需要给出字段的 `schema`",
    "tool calls go to the messages: no schema and no output beside tools, and not inside parallel": (
        "工具调用会写入消息：有 tools 时不能有 schema 和 output，也不能放在 parallel 中"
    ),
    "is missing; without it the node has no args": "缺失；没有它，节点就不能有 args",
    "give either `for` or `until`": "请给出 `for` 或 `until` 之一",
    "give either a schema or choices": "schema 和 choices 只能二选一",
    "a deadline needs a `default`: the answer when it passes": "deadline 需要 `default`：到期时采用的回答",
    "does not fit the schema of the answers": "不符合回答的 schema",
    "give either a body or json": "body 和 json 只能二选一",
    "expected an http:// or https:// address": "应为以 http:// 或 https:// 开头的地址",
    "expected a name that is no state field, not `index` and no reserved word": (
        "名称不能是状态字段、`index` 或保留字"
    ),
    "expected a list field; {name} is a {type}": "应为列表字段；{name} 的类型是 {type}",
    "unknown variable {name}; known are: {known}": "未知的变量 {name}；可用：{known}",
    "the state has no field {name}, which this node reads or writes": "状态中没有此节点读写的字段 {name}",
    "the state field {name} is a {type}, expected messages": "状态字段 {name} 的类型是 {type}，应为 messages",
    "the parallel node gathers the results; leave this out": "结果由 parallel 节点汇总，请删去",
    "the state of {name} has no field {field}; it has: {fields}": "{name} 的状态没有字段 {field}；现有：{fields}",
    "leads back to itself: {path}": "循环引用：{path}",
    "subworkflows stand more than {count} deep within one another": "子工作流嵌套超过 {count} 层",
    "a workflow has at least one node": "工作流至少要有一个节点",
    "there is no node {name}; expected END or one of: {known}": "没有节点 {name}；可用：END 或 {known}",
    "there is no node {name}; expected one of: {known}": "没有节点 {name}；可用：{known}",
    "no edge leads on from here; the end is an edge to END": "此处没有后续的边；结束时请加一条到 END 的边",
    "cannot be reached from {entry}": "从 {entry} 无法到达",
    "a cycle without a condition: {path}; give one of its edges a `when`": (
        "没有条件的循环：{path}；请给其中一条边加上 `when`"
    ),
    "never taken: the way from {source} to {target} on line {line} has no condition, and the first that holds is "
    "taken; give that one a `when`, or use a `parallel` node for work done side by side": (
        "永远不会执行：第 {line} 行从 {source} 到 {target} 的边没有条件，而系统选择第一条成立的边；"
        "请给那条边加上 `when`，或用 `parallel` 节点并行处理"
    ),
    "unknown argument; did you mean {close}? there are: {known}": "未知的参数；是否想写 {close}？可用：{known}",
    "unknown argument; there are: {known}": "未知的参数；可用：{known}",
    "the argument {name} is missing": "缺少参数 {name}",
    "not a JSON schema: {reason}": "不是有效的 JSON schema：{reason}",
    "refers to another document: {reference}": "引用了其他文档：{reference}",
    "refers to what is not there: {reference}": "引用的内容不存在：{reference}",
    # -- expressions and templates
    "an expression has at most {count} characters": "表达式最多 {count} 个字符",
    "there is no function {name}; known are: {known}": "没有函数 {name}；可用：{known}",
    "loops more than {count} times": "循环超过 {count} 次",
    "expected true or false, got {kind}": "应为 true 或 false，实际为 {kind}",
    "not a CEL expression: {reason}": "不是有效的 CEL 表达式：{reason}",
    "gives more than {count} characters": "结果超过 {count} 个字符",
    "syntax error: {reason}": "语法错误：{reason}",
    "unknown filter: {reason}": "未知的过滤器：{reason}",
    "unknown test: {reason}": "未知的测试：{reason}",
    "undefined value": "值未定义",
    # -- models and tools
    "expected names and their models under `models`": "`models` 下应为名称及其模型",
    "expected a mapping with `provider`": "应为带 `provider` 的映射",
    "unknown provider; known are: {known}": "未知的服务商；可用：{known}",
    "keys come from the environment only: write ${VARIABLE}": "密钥只能来自环境变量，请写成 ${VARIABLE}",
    "secrets come from the environment only: write ${VARIABLE}": "机密信息只能来自环境变量，请写成 ${VARIABLE}",
    "no model is called {name}; configured are: {known}": "没有名为 {name} 的模型；已配置：{known}",
    "no model is called {name}; known are: {known}": "没有名为 {name} 的模型；已配置：{known}",
    "no tool is called {name}; configured are: {known}": "没有名为 {name} 的工具；已配置：{known}",
    "{name} is named twice": "{name} 出现了两次",
    "a name begins with a letter or digit and has up to 64 letters, digits, dots, hyphens, underscores": (
        "名称以字母或数字开头，最多 64 个字母、数字、点、连字符和下划线"
    ),
    "{name} is not on the operator's list (FLOWDECK_WORKFLOWS__PYTHON_ALLOW)": (
        "{name} 不在管理员的允许列表中（FLOWDECK_WORKFLOWS__PYTHON_ALLOW）"
    ),
    "{name} cannot be loaded: {reason}": "{name} 无法加载：{reason}",
    "an address starts with http:// or https:// and names a host": "地址以 http:// 或 https:// 开头，并包含主机名",
    "an address holds no user or password; name the key in `api_key`": (
        "地址中不能有用户名或密码，请在 `api_key` 中给出密钥"
    ),
    "`model` is missing: the provider's name of the model": "缺少 `model`：服务商的模型名称",
    "`base_url` is missing: where the OpenAI-compatible server answers, up to /v1": (
        "缺少 `base_url`：兼容 OpenAI 的服务地址，写到 /v1 为止"
    ),
    "`replies` is missing: what the scripted model says, in turn": "缺少 `replies`：脚本模型依次给出的回复",
    "`{key}` is missing: {what}": "缺少 `{key}`：{what}",
    "a local `model` is {known}, or the path of a .gguf file": "本地 `model` 应为 {known}，或 .gguf 文件的路径",
    "a reply needs `text`, `json`, `tool_calls` or `error`": "回复需要 `text`、`json`、`tool_calls` 或 `error`",
    "a reply has `text` or `json`, not both": "回复只能有 `text` 或 `json` 之一",
    "a reply that fails says something only with `error.after_tokens`": (
        "失败的回复只有在给出 `error.after_tokens` 时才能有内容"
    ),
    "`error.after_tokens` needs a `text` to stream first": "`error.after_tokens` 需要先流式输出的 `text`",
    "`accepts` includes text: every model takes it": "`accepts` 必须包含 text：每个模型都接受文本",
    "`provider: {name}` takes no {keys}": "`provider: {name}` 不使用 {keys}",
    # -- values of the state
    "expected {type}, got {kind}": "应为 {type}，实际为 {kind}",
    "unknown field; the state has: {fields}": "未知的字段；状态中有：{fields}",
    "required, and not given": "必填，但没有提供",
    "the state has no messages; give a state with: {fields}": "状态中没有消息；请给出包含这些字段的状态：{fields}",
    "expected a list of messages, got {kind}": "应为消息列表，实际为 {kind}",
    "expected a message with role and content, got {kind}": "应为带 role 和 content 的消息，实际为 {kind}",
    "unknown key {key}; a message has: {known}": "未知的键 {key}；消息可以有：{known}",
    "role is one of user, assistant, system, tool; got {kind}": (
        "role 应为 user、assistant、system 或 tool；实际为 {kind}"
    ),
    "content is a text or a list of content blocks": "content 应为文本或内容块列表",
    "blocks is a list of content blocks": "blocks 应为内容块列表",
    "a tool message names its tool_call_id": "工具消息需要 tool_call_id",
    "id, name and reasoning are texts": "id、name 和 reasoning 应为文本",
    "an id has at most {count} characters": "id 最多 {count} 个字符",
    "status is success or error": "status 应为 success 或 error",
    "a content block is a text, or an object with a `type`": "内容块应为文本，或带 `type` 的对象",
    "a text block has a `text`": "文本块需要 `text`",
    "{kind} needs base64 and mime_type, or a url": "{kind} 需要 base64 和 mime_type，或 url",
    "{kind}: its base64 cannot be decoded": "{kind}：base64 无法解码",
    "{kind}: base64 is a text": "{kind}：base64 应为文本",
    "{kind}: its base64 is empty": "{kind}：base64 为空",
    "{kind}: its url is a text": "{kind}：url 应为文本",
    "{kind}: {type} is not a media type": "{kind}：{type} 不是媒体类型",
    "input_audio is {data, format}": "input_audio 应为 {data, format}",
    "media is `sha256:` and 64 hexadecimal digits": "media 应为 `sha256:` 加 64 位十六进制数字",
    "{kind}: a url begins with http://, https:// or data:": "{kind}：url 以 http://、https:// 或 data: 开头",
    "expected the name of a configured model": "应为已配置模型的名称",
    "expected a text": "应为文本",
    "expected a number from {low} to {high}": "应为 {low} 到 {high} 之间的数",
    "expected a whole number of at least {low}": "应为不小于 {low} 的整数",
    "expected a whole number": "应为整数",
    "expected a text or a list of texts": "应为文本或文本列表",
    "never taken: an earlier edge from {name} has no condition": "永远不会执行：{name} 的前一条边没有条件",
    "{name} failed: {reason}": "{name} 失败：{reason}",
    "{value} is a required property": "缺少必需的属性 {value}",
    "Additional properties are not allowed ({names} was unexpected)": "不允许的属性：{names}",
    "Additional properties are not allowed ({names} were unexpected)": "不允许的属性：{names}",
    "{value} is not of type {type}": "{value} 的类型不是 {type}",
    "{value} is not one of {known}": "{value} 不在 {known} 之中",
    "{value} is not a multiple of {number}": "{value} 不是 {number} 的倍数",
    "{value} is less than the minimum of {number}": "{value} 小于最小值 {number}",
    "{value} is greater than the maximum of {number}": "{value} 大于最大值 {number}",
    "{value} does not match {pattern}": "{value} 不匹配 {pattern}",
    "{value} is too long": "{value} 太长",
    "{value} is too short": "{value} 太短",
    "{value} should be non-empty": "{value} 不能为空",
    "{value} is not valid under any of the given schemas": "{value} 不符合任何给定的 schema",
    "{value} was expected": "应为 {value}",
}

_PLACEHOLDER = re.compile(r"\{(_?[a-z]+)\}")


def chinese(message: str) -> str:
    """A problem's text in Chinese; as it is where the catalogue does not have it."""
    for pattern, text in _patterns():
        match = pattern.fullmatch(message)
        if match is not None:
            return _filled(text, match.groupdict())
    return message


def _filled(text: str, quoted: Mapping[str, str]) -> str:
    def fill(found: re.Match[str]) -> str:
        name = found[1]
        return chinese(quoted[name]) if name.startswith("_") else quoted[name]

    return _PLACEHOLDER.sub(fill, text)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Each English text as a pattern, those with most letters of their own first, and its Chinese text."""
    ordered = sorted(CHINESE.items(), key=lambda item: -len(_PLACEHOLDER.sub("", item[0])))
    return tuple((_pattern(english), text) for english, text in ordered)


def _pattern(english: str) -> re.Pattern[str]:
    parts = _PLACEHOLDER.split(english)
    quoted = (f"(?P<{part}>.*?)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    return re.compile("".join(quoted), re.DOTALL)
