"""Sessions, their messages and their states."""

from pathlib import PurePath

from flowdeck.errors.base import Conflict, Gone, Invalid, Malformed, NotFound, PreconditionFailed, TooLarge


class SessionNotFound(NotFound):
    code = "session_not_found"
    en = "There is no session {session_id}."
    zh = "会话 {session_id} 不存在。"
    session_id: str


class SnapshotNotFound(NotFound):
    code = "snapshot_not_found"
    en = "There is no such snapshot in session {session_id}."
    zh = "会话 {session_id} 没有这个快照。"
    session_id: str


class CheckpointNotFound(NotFound):
    code = "checkpoint_not_found"
    en = "There is no such checkpoint in session {session_id}."
    zh = "会话 {session_id} 没有这个检查点。"
    session_id: str


class MessageNotFound(NotFound):
    code = "message_not_found"
    en = "There is no message {message_id} in session {session_id}."
    zh = "会话 {session_id} 没有消息 {message_id}。"
    message_id: str
    session_id: str


class MediaNotFound(NotFound):
    code = "media_not_found"
    en = "There is no media {digest}."
    zh = "媒体 {digest} 不存在。"
    digest: str


class MediaTooLarge(TooLarge):
    code = "media_too_large"
    en = "A file in a message has {bytes} bytes; the limit is {limit} (FLOWDECK_MEDIA__MAX_BYTES)."
    zh = "消息中的一个文件有 {bytes} 字节；上限为 {limit}（FLOWDECK_MEDIA__MAX_BYTES）。"
    bytes: int
    limit: int


class BookmarkNotFound(NotFound):
    code = "bookmark_not_found"
    en = "There is no bookmark {bookmark_id}."
    zh = "书签 {bookmark_id} 不存在。"
    bookmark_id: str


class SessionBusy(Conflict):
    code = "session_busy"
    en = "Session {session_id} has run {run_id}, which is {status}; wait for it, answer it or cancel it."
    zh = "会话 {session_id} 的运行 {run_id} 处于 {status} 状态；请等待、回答或取消它。"
    session_id: str
    run_id: str
    status: str


class SessionQueueFull(Conflict):
    code = "session_queue_full"
    en = "Session {session_id} has {limit} runs in its queue, and takes no more."
    zh = "会话 {session_id} 的队列中已有 {limit} 个运行，不再接受新的运行。"
    session_id: str
    limit: int


class SessionNotOpen(Conflict):
    code = "session_not_open"
    en = "Session {session_id} is {status} and takes no runs; set its status to active first."
    zh = "会话 {session_id} 处于 {status} 状态，不接受运行；请先将其状态设为 active。"
    session_id: str
    status: str


class StatusNotAllowed(Conflict):
    code = "status_not_allowed"
    en = "A session that is {status} cannot become {wanted}."
    zh = "处于 {status} 状态的会话不能变为 {wanted}。"
    status: str
    wanted: str


class SessionHasNoState(Conflict):
    code = "session_has_no_state"
    en = "Session {session_id} has not run yet, so it has no state."
    zh = "会话 {session_id} 尚未运行，没有状态。"
    session_id: str


class StateBeforeUnknown(Conflict):
    code = "state_before_unknown"
    en = "What was before message {message_id} is not known: no run brought it, or the states of then have expired."
    zh = "消息 {message_id} 之前的状态未知：它不是由运行产生的，或当时的状态已过期。"
    message_id: str


class SessionOfOtherWorkflow(Conflict):
    code = "session_of_other_workflow"
    en = "Session {session_id} lives on workflow {workflow_id}."
    zh = "会话 {session_id} 属于工作流 {workflow_id}。"
    session_id: str
    workflow_id: str


class SessionStale(PreconditionFailed):
    code = "session_stale"
    en = "Session {session_id} was changed by someone else; its version is {version}."
    zh = "会话 {session_id} 已被他人修改，当前版本为 {version}。"
    session_id: str
    version: int


class ExportFormatUnknown(Malformed):
    code = "export_format_unknown"
    en = "There is no such export format; there are {known}."
    zh = "没有这种导出格式；可用的有 {known}。"
    known: str


class BookmarkWithoutMessage(Invalid):
    code = "bookmark_without_message"
    en = "Name the message to bookmark, as `message_id` in the body or in the address."
    zh = "请在请求体或地址中用 `message_id` 指明要加书签的消息。"


class PageOutOfReach(Invalid):
    code = "page_out_of_reach"
    en = "Only the first {limit} results can be paged to; narrow the time instead."
    zh = "只能翻到前 {limit} 条结果；请缩小时间范围。"
    limit: int


class CursorUnknown(Invalid):
    code = "cursor_unknown"
    en = "Session {session_id} has no event {after_seq} yet; its last is {last_seq}."
    zh = "会话 {session_id} 还没有事件 {after_seq}；最后一个是 {last_seq}。"
    session_id: str
    after_seq: int
    last_seq: int


class CursorExpired(Gone):
    code = "cursor_expired"
    en = "Session {session_id} no longer keeps the events right after {after_seq}; its oldest is {oldest_seq}."
    zh = "会话 {session_id} 不再保留 {after_seq} 之后的事件；最早保留的是 {oldest_seq}。"
    session_id: str
    after_seq: int
    oldest_seq: int


class StateInvalid(Invalid):
    code = "state_invalid"
    en = "The state does not fit the schema of workflow {workflow}."
    zh = "状态不符合工作流 {workflow} 的结构。"
    workflow: str


class StateChanged(Conflict):
    code = "state_changed"
    en = "The state of session {session_id} changed in the meantime; read it again."
    zh = "会话 {session_id} 的状态在此期间已改变；请重新读取。"
    session_id: str


class EditNotApplicable(Invalid):
    code = "edit_not_applicable"
    en = "The state cannot be edited like this: {message}"
    zh = "无法这样修改状态：{message}"
    message: str


class TextNotStorable(Invalid):
    code = "text_not_storable"
    en = "{path} has {kind}, which cannot be stored."
    zh = "{path} 含有无法存储的内容：{kind}。"
    path: str | PurePath
    kind: str
