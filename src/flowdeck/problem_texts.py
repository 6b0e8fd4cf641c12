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
    "YAML does not allow tabs for indentation; use spaces": "YAML 不允许用制表符缩进，请使用空格",
    "the text is empty; expected a mapping": "文本为空，应为映射",
    "expected a mapping at the top level": "顶层应为映射",
    "more than {count} values after aliases are expanded": "展开别名后的值超过 {count} 个",
    "nested more than {count} levels deep": "嵌套超过 {count} 层",
    "nested deeper than {count} levels": "嵌套超过 {count} 层",
    "tags are not supported: {tag}": "不支持标签：{tag}",
    "merge keys (<<) are not supported; write the keys out": "不支持合并键（<<），请写出各个键",
    "keys must be text; put {key} in quotes": "键必须是字符串，请给 {key} 加引号",
    "keys must be text": "键必须是字符串",
    "duplicate key; the first is on line {line}": "键重复，第一次出现在第 {line} 行",
    "{text} is not a valid {tag}": "{text} 不是有效的 {tag}",
    'put quotes around text that begins with a brace, such as "{example}"; without quotes, YAML reads the '
    "brace as its own syntax": '以花括号开头的文本需要加引号，例如 "{example}"；否则 YAML 会把花括号当作自己的语法',
    'put quotes around a reference inside braces or brackets: "{example}"': (
        '花括号或方括号内的引用需要加引号，例如 "{example}"'
    ),
    "the environment variable {name} is not set": "环境变量 {name} 未设置",
    "the environment variable {name} is not set: {reason}": "环境变量 {name} 未设置：{reason}",
    "the environment variable {name} is empty": "环境变量 {name} 为空",
    "the environment variable {name} is empty: {reason}": "环境变量 {name} 为空：{reason}",
    "there is no {_kind} {name}; did you mean {close}? available: {known}": (
        "没有名为 {name} 的{_kind}；是否想写 {close}？可用：{known}"
    ),
    "there is no {_kind} {name}; available: {known}": "没有名为 {name} 的{_kind}；可用：{known}",
    "{name} is not available: a template cannot use other templates": "{name} 不可用：模板不能引用其他模板",
    "expected a mapping with a `type`": "应为带 `type` 的映射",
    "the embedded model (model {name}) does not support the pattern {pattern}: {cure}": (
        "内置模型（模型 {name}）不支持正则表达式 {pattern}：请用 [0-9] 代替 \\d，用 [A-Za-z0-9_] 代替 \\w，"
        "用 [ \\t\\n] 代替 \\s，并去掉环视和反向引用"
    ),
    "the embedded model (model {name}) does not support the pattern {pattern} at {field} in the arguments of "
    "tool {tool}: {cure}": (
        "内置模型（模型 {name}）不支持工具 {tool} 的参数中 {field} 处的正则表达式 {pattern}：请用 [0-9] 代替 \\d，"
        "用 [A-Za-z0-9_] 代替 \\w，用 [ \\t\\n] 代替 \\s，并去掉环视和反向引用"
    ),
    "is missing; every node needs an outgoing edge, such as {example}": "缺失；每个节点都需要一条出边，例如 {example}",
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
    "expected a mapping with these keys: {keys}": "应为包含以下键的映射：{keys}",
    "expected a mapping; write {example}": "应为映射，请写成 {example}",
    "expected a mapping of names to values": "应为“名称: 值”形式的映射",
    "expected a state field, or a mapping from reply fields to state fields": (
        "应为状态字段，或从回复字段到状态字段的映射"
    ),
    "expected a duration such as 90s, 5m or 24h": "应为时长，例如 90s、5m 或 24h",
    "expected a valid string": "应为字符串",
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
    "string should match pattern {pattern}": "字符串应匹配 {pattern}",
    "string should have at most {count} characters": "字符串最多 {count} 个字符",
    "string should have at least {count} character": "字符串至少 {count} 个字符",
    "string should have at least {count} characters": "字符串至少 {count} 个字符",
    "dictionary should have at least {count} item after validation, not {found}": "映射至少要有 {count} 项",
    "tuple should have at least {count} item after validation, not {found}": "列表至少要有 {count} 项",
    "list should have at least {count} item after validation, not {found}": "列表至少要有 {count} 项",
    "Field required": "缺失",
    "Extra inputs are not permitted": "不允许的字段",
    "Input should be a valid string": "应为字符串",
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
    "String should match pattern {pattern}": "字符串应匹配 {pattern}",
    "String should have at most {count} characters": "字符串最多 {count} 个字符",
    "String should have at least {count} character": "字符串至少 {count} 个字符",
    "String should have at least {count} characters": "字符串至少 {count} 个字符",
    # -- requests
    "exactly one of {first} and {second} is required": "{first} 和 {second} 必须且只能提供一个",
    "give at most one of snapshot_id, label and checkpoint_id": "snapshot_id、label 和 checkpoint_id 最多只能提供一个",
    "give at most one of checkpoint_id and before_message_id": "checkpoint_id 和 before_message_id 最多只能提供一个",
    "give at least one of values and remove_messages": "values 和 remove_messages 至少要提供一个",
    "an amount in a string must be digits, optionally with a point and up to 20 decimal places": (
        "以字符串表示的金额只能包含数字，可带小数点和最多 20 位小数"
    ),
    "Input should be a number or a string": "应为数字或字符串",
    "a secret must be whsec_ and 24 to 64 bytes in base64": "密钥应为 whsec_ 加上 24 到 64 字节的 base64 编码",
    "an object has a duplicate key": "对象中有重复的键",
    "{name} is not a JSON number": "{name} 不是 JSON 数字",
    "a number is too large": "数字太大",
    "expected a comma-separated list of: {known}": "应为用逗号分隔的列表，可用的值：{known}",
    "the text is not UTF-8": "文本不是 UTF-8 编码",
    "a time must be an ISO 8601 string, such as {example}": "时间应为 ISO 8601 格式的字符串，例如 {example}",
    "the time is out of range": "时间超出范围",
    "expected one of: {known}": "可用的值：{known}",
    "must be one of {known}": "必须是以下之一：{known}",
    "no message {id} in the state": "状态中没有消息 {id}",
    # -- what a workflow says
    "a Python graph defines this itself; remove this key": "Python 图自行定义这部分内容，请删除该键",
    "a node name must begin with a letter or _ and can have up to 64 letters, digits, _ and -; START and END "
    "are reserved": "节点名必须以字母或 _ 开头，最多包含 64 个字母、数字、_ 和 -；START 和 END 是保留名称",
    "a state field has the same name; rename one of them": "与某个状态字段同名，请修改其中一个的名称",
    "a field name must begin with a letter and must not be one of: {reserved}": (
        "字段名必须以字母开头，且不能是：{reserved}"
    ),
    "the reducer {reducer} does not support the type {type}; expected one of: {known}": (
        "reducer {reducer} 不支持 {type} 类型；可用的值：{known}"
    ),
    "a field of type messages cannot have a default": "messages 类型的字段不能有默认值",
    "a mapping needs a `schema` that defines its fields": "使用映射时需要用 `schema` 定义各字段",
    "cannot be used with `schema` or `output`, or in a parallel node: tool calls are written to the messages": (
        "不能与 `schema` 或 `output` 同时使用，也不能用在 parallel 节点中：工具调用会写入消息"
    ),
    "is missing; a node with `args` needs a `tool`": "缺失；有 `args` 的节点必须指定 `tool`",
    "give exactly one of `for` and `until`": "`for` 和 `until` 必须且只能提供一个",
    "give either `schema` or `choices`, not both": "`schema` 和 `choices` 只能二选一",
    "a `deadline` needs a `default`, the answer that is used when the deadline passes": (
        "设置 `deadline` 时需要 `default`，即到期时采用的回答"
    ),
    "does not match the schema of the answers": "不符合回答的 schema",
    "give either `body` or `json`, not both": "`body` 和 `json` 只能二选一",
    "expected a URL that begins with http:// or https://": "应为以 http:// 或 https:// 开头的 URL",
    "expected a name that is not a state field, `index` or a reserved word": "名称不能是状态字段、`index` 或保留字",
    "expected a field of type list; {name} has the type {type}": "应为 list 类型的字段；{name} 的类型是 {type}",
    "unknown variable {name}; available: {known}": "未知的变量 {name}；可用：{known}",
    "the state has no field {name}, which this node reads or writes": "该节点读写的字段 {name} 不在状态中",
    "the state field {name} has the type {type}; expected messages": "状态字段 {name} 的类型是 {type}，应为 messages",
    "the parallel node collects the results; remove this key": "结果由 parallel 节点汇总，请删除该键",
    "the state of {name} has no field {field}; it has: {fields}": "{name} 的状态没有字段 {field}；现有：{fields}",
    "circular reference: {path}": "循环引用：{path}",
    "subworkflows are nested more than {count} levels deep": "子工作流嵌套超过 {count} 层",
    "a workflow needs at least one node": "工作流至少需要一个节点",
    "there is no node {name}; expected END or one of: {known}": "没有名为 {name} 的节点；可用：END 或 {known}",
    "there is no node {name}; expected one of: {known}": "没有名为 {name} 的节点；可用：{known}",
    "this node has no outgoing edge; to end the workflow here, add an edge to END": (
        "该节点没有出边；如需在此结束，请添加一条指向 END 的边"
    ),
    "cannot be reached from {entry}": "从 {entry} 无法到达",
    "a cycle without a condition: {path}; add a `when` to one of its edges": (
        "循环中没有条件：{path}；请给其中一条边加上 `when`"
    ),
    "never taken: the edge from {source} to {target} on line {line} has no condition, and a run takes the "
    "first edge that applies; add a `when` to that edge, or use a `parallel` node for parallel work": (
        "永远不会走到：第 {line} 行从 {source} 到 {target} 的边没有条件，而运行只走第一条符合条件的边；"
        "请给那条边加上 `when`，或改用 `parallel` 节点并行处理"
    ),
    "unknown argument; did you mean {close}? available: {known}": "未知的参数；是否想写 {close}？可用：{known}",
    "unknown argument; available: {known}": "未知的参数；可用：{known}",
    "the argument {name} is missing": "缺少参数 {name}",
    "not a valid JSON schema: {reason}": "不是有效的 JSON schema：{reason}",
    "refers to another document: {reference}": "引用了其他文档：{reference}",
    "refers to a part that does not exist: {reference}": "引用的内容不存在：{reference}",
    # -- expressions and templates
    "an expression can have at most {count} characters": "表达式最多 {count} 个字符",
    "there is no function {name}; available: {known}": "没有名为 {name} 的函数；可用：{known}",
    "the expression loops more than {count} times": "表达式循环超过 {count} 次",
    "expected true or false, got {kind}": "应为 true 或 false，实际为 {kind}",
    "not a valid CEL expression: {reason}": "不是有效的 CEL 表达式：{reason}",
    "the template produces more than {count} characters": "模板的输出超过 {count} 个字符",
    "syntax error: {reason}": "语法错误：{reason}",
    "unknown filter: {reason}": "未知的过滤器：{reason}",
    "unknown test: {reason}": "未知的测试：{reason}",
    "undefined value": "值未定义",
    # -- models and tools
    "expected a mapping of names to models under `models`": "`models` 应为“名称: 模型”形式的映射",
    "expected a mapping with `provider`": "应为带 `provider` 的映射",
    "unknown provider; expected one of: {known}": "未知的模型服务；可用：{known}",
    "keys must come from the environment; write ${VARIABLE}": "密钥必须来自环境变量，请写成 ${VARIABLE}",
    "secrets must come from the environment; write ${VARIABLE}": "机密信息必须来自环境变量，请写成 ${VARIABLE}",
    "secrets must come from the environment; set {variable}": "机密信息必须来自环境变量，请设置 {variable}",
    "model {name} is not configured; configured models: {known}": "未配置模型 {name}；已配置的模型：{known}",
    "tool {name} is not configured; configured tools: {known}": "未配置工具 {name}；已配置的工具：{known}",
    "{name} is listed twice": "{name} 重复出现",
    "tiers must be in ascending order of `above`, without duplicates": "tiers 必须按 `above` 升序排列，且不能重复",
    "a name must begin with a letter or digit and can have up to 64 letters, digits, dots, hyphens and underscores": (
        "名称必须以字母或数字开头，最多包含 64 个字母、数字、点、连字符和下划线"
    ),
    "{name} is not on the operator's allowlist (FLOWDECK_WORKFLOWS__PYTHON_ALLOW)": (
        "{name} 不在管理员的允许列表中（FLOWDECK_WORKFLOWS__PYTHON_ALLOW）"
    ),
    "{name} cannot be loaded: {reason}": "{name} 无法加载：{reason}",
    "the URL must begin with http:// or https:// and contain a host": (
        "URL 必须以 http:// 或 https:// 开头，并包含主机名"
    ),
    "the URL must not contain a user name or a password; put the key in `api_key`": (
        "URL 中不能包含用户名或密码，请在 `api_key` 中设置密钥"
    ),
    "`model` is missing: give the name that the provider uses for the model": (
        "缺少 `model`：请填写模型服务使用的模型名称"
    ),
    "`base_url` is missing: give the URL of the OpenAI-compatible server, up to and including /v1": (
        "缺少 `base_url`：请填写兼容 OpenAI 的服务地址，写到 /v1 为止"
    ),
    "`replies` is missing: give the replies of the scripted model, in order": (
        "缺少 `replies`：请按顺序写出脚本模型的回复"
    ),
    "`{key}` is missing: {what}": "缺少 `{key}`：{what}",
    "a local `model` must be {known} or the path of a .gguf file": "本地 `model` 应为 {known} 或 .gguf 文件的路径",
    "a reply needs `text`, `json`, `tool_calls` or `error`": "回复需要包含 `text`、`json`、`tool_calls` 或 `error`",
    "a reply can have `text` or `json`, not both": "回复中 `text` 和 `json` 只能二选一",
    "a reply with an `error` can have `text` or `tool_calls` only with `error.after_tokens`": (
        "带 `error` 的回复只有设置了 `error.after_tokens` 时才能包含 `text` 或 `tool_calls`"
    ),
    "`error.after_tokens` needs a `text` to stream before the error": (
        "`error.after_tokens` 需要配合 `text`，即出错前流式输出的文本"
    ),
    "`accepts` must include text, which every model accepts": "`accepts` 必须包含 text，所有模型都接受文本",
    "`provider: {name}` does not support {keys}": "`provider: {name}` 不支持 {keys}",
    # -- archives of configuration
    "is not a readable zip archive": "不是可读取的 zip 压缩包",
    "has more than {count} entries": "条目超过 {count} 个",
    "has no files": "没有文件",
    "occurs twice": "重复出现",
    "contains more than {count} bytes": "内容超过 {count} 字节",
    "is larger than {count} bytes": "超过 {count} 字节",
    "is not UTF-8 text": "不是 UTF-8 文本",
    "is encrypted": "已加密",
    "uses a compression method that is not supported": "使用了不支持的压缩方式",
    "is not a regular file": "不是普通文件",
    "has a name with characters that are not allowed": "名称包含不允许的字符",
    "is not a configuration file of this server": "不是此服务器的配置文件",
    "contains settings, which can only be changed on the machine": "包含设置，设置只能在服务器上修改",
    # -- values of the state
    "expected {type}, got {kind}": "应为 {type}，实际为 {kind}",
    "unknown field; the state has: {fields}": "未知的字段；状态包含：{fields}",
    "is required": "必填",
    "the state has no messages field; give a state with these fields: {fields}": (
        "状态中没有消息字段；请提供包含以下字段的状态：{fields}"
    ),
    "expected a list of messages, got {kind}": "应为消息列表，实际为 {kind}",
    "expected a message with role and content, got {kind}": "应为带 role 和 content 的消息，实际为 {kind}",
    "unknown key {key}; a message can have: {known}": "未知的键 {key}；消息可以包含：{known}",
    "role must be one of user, assistant, system, tool; got {kind}": (
        "role 应为 user、assistant、system 或 tool；实际为 {kind}"
    ),
    "content must be a string or a list of content blocks": "content 应为字符串或内容块列表",
    "blocks must be a list of content blocks": "blocks 应为内容块列表",
    "a tool message needs a tool_call_id": "工具消息需要 tool_call_id",
    "id, name and reasoning must be strings": "id、name 和 reasoning 应为字符串",
    "an id can have at most {count} characters": "id 最多 {count} 个字符",
    "status must be success or error": "status 应为 success 或 error",
    "{name} must be a list of {name, args, id}": "{name} 应为 {name, args, id} 的列表",
    "a tool call must be an object with these keys: {keys}": "工具调用应为包含以下键的对象：{keys}",
    "a tool call needs a name, and its args must be {_kind}": "工具调用需要 name，且 args 应为{_kind}",
    "the id and the error of a tool call must be strings": "工具调用的 id 和 error 应为字符串",
    "an object": "对象",
    "a string": "字符串",
    "a content block must be a string or an object with a `type`": "内容块应为字符串，或带 `type` 的对象",
    "a text block needs a `text`": "文本块需要 `text`",
    "{kind} needs base64 and mime_type, or a url": "{kind} 需要 base64 和 mime_type，或 url",
    "{kind}: base64 cannot be decoded": "{kind}：base64 无法解码",
    "{kind}: base64 must be a string": "{kind}：base64 应为字符串",
    "{kind}: base64 is empty": "{kind}：base64 为空",
    "{kind}: url must be a string": "{kind}：url 应为字符串",
    "{kind}: {type} is not a media type": "{kind}：{type} 不是媒体类型",
    "input_audio must be an object {data, format}": "input_audio 应为对象 {data, format}",
    "media must be `sha256:` and 64 hexadecimal digits": "media 应为 `sha256:` 加 64 位十六进制数字",
    "{kind}: url must begin with http://, https:// or data:": "{kind}：url 必须以 http://、https:// 或 data: 开头",
    "expected the name of a configured model": "应为已配置模型的名称",
    "expected a string": "应为字符串",
    "expected a number from {low} to {high}": "应为 {low} 到 {high} 之间的数",
    "expected an integer of at least {low}": "应为不小于 {low} 的整数",
    "expected an integer": "应为整数",
    "expected a string or a list of strings": "应为字符串或字符串列表",
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
