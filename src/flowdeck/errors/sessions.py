"""Sessions, their messages and their states."""

from pathlib import PurePath

from flowdeck.errors.base import Conflict, Gone, Invalid, Malformed, NotFound, PreconditionFailed, TooLarge


class SessionNotFound(NotFound):
    code = "session_not_found"
    en = "Session {session_id} does not exist."
    zh = "会话 {session_id} 不存在。"
    session_id: str


class SnapshotNotFound(NotFound):
    code = "snapshot_not_found"
    en = "Session {session_id} does not have this snapshot."
    zh = "会话 {session_id} 中不存在该快照。"
    session_id: str


class CheckpointNotFound(NotFound):
    code = "checkpoint_not_found"
    en = "Session {session_id} does not have this checkpoint."
    zh = "会话 {session_id} 中不存在该检查点。"
    session_id: str


class MessageNotFound(NotFound):
    code = "message_not_found"
    en = "Session {session_id} does not have message {message_id}."
    zh = "会话 {session_id} 中不存在消息 {message_id}。"
    message_id: str
    session_id: str


class MediaNotFound(NotFound):
    code = "media_not_found"
    en = "Media {digest} does not exist."
    zh = "媒体 {digest} 不存在。"
    digest: str


class MediaTooLarge(TooLarge):
    code = "media_too_large"
    en = "A file in a message is {bytes} bytes long. The limit is {limit} bytes (FLOWDECK_MEDIA__MAX_BYTES)."
    zh = "消息中有一个文件大小为 {bytes} 字节，超过上限 {limit} 字节（FLOWDECK_MEDIA__MAX_BYTES）。"
    bytes: int
    limit: int


class BookmarkNotFound(NotFound):
    code = "bookmark_not_found"
    en = "Bookmark {bookmark_id} does not exist."
    zh = "书签 {bookmark_id} 不存在。"
    bookmark_id: str


class SessionBusy(Conflict):
    code = "session_busy"
    en = "Session {session_id} is busy: run {run_id} is {status}. Wait for the run, answer it, or cancel it."
    zh = "会话 {session_id} 正忙：运行 {run_id} 处于 {status} 状态。请等待其结束、作答或将其取消。"
    session_id: str
    run_id: str
    status: str


class SessionQueueFull(Conflict):
    code = "session_queue_full"
    en = "The queue of session {session_id} is full: it holds {limit} runs."
    zh = "会话 {session_id} 的队列中已有 {limit} 个运行，不再接受新的运行。"
    session_id: str
    limit: int


class SessionNotOpen(Conflict):
    code = "session_not_open"
    en = "Session {session_id} is {status} and does not accept runs. Set its status to active first."
    zh = "会话 {session_id} 处于 {status} 状态，不接受运行；请先将其状态设为 active。"
    session_id: str
    status: str


class StatusNotAllowed(Conflict):
    code = "status_not_allowed"
    en = "The status of a session cannot change from {status} to {wanted}."
    zh = "处于 {status} 状态的会话不能变为 {wanted}。"
    status: str
    wanted: str


class SessionHasNoState(Conflict):
    code = "session_has_no_state"
    en = "Session {session_id} has no state because nothing has run in it."
    zh = "会话 {session_id} 尚未运行，没有状态。"
    session_id: str


class StateBeforeUnknown(Conflict):
    code = "state_before_unknown"
    en = "The state before message {message_id} is unknown: no run added the message, or that state has expired."
    zh = "消息 {message_id} 之前的状态未知：它不是由运行产生的，或当时的状态已过期。"
    message_id: str


class SessionOfOtherWorkflow(Conflict):
    code = "session_of_other_workflow"
    en = "Session {session_id} belongs to workflow {workflow_id}."
    zh = "会话 {session_id} 属于工作流 {workflow_id}。"
    session_id: str
    workflow_id: str


class SessionStale(PreconditionFailed):
    code = "session_stale"
    en = "Someone else has changed session {session_id}. Its version is now {version}."
    zh = "会话 {session_id} 已被他人修改，当前版本为 {version}。"
    session_id: str
    version: int


class ExportFormatUnknown(Malformed):
    code = "export_format_unknown"
    en = "Unknown export format. The formats are {known}."
    zh = "不支持该导出格式；可用格式：{known}。"
    known: str


class BookmarkWithoutMessage(Invalid):
    code = "bookmark_without_message"
    en = "Give the message to bookmark as `message_id`, in the body or in the URL."
    zh = "请在请求体或地址中用 `message_id` 指明要加书签的消息。"


class PageOutOfReach(Invalid):
    code = "page_out_of_reach"
    en = "Pages reach only the first {limit} results. Narrow the time range instead."
    zh = "只能翻到前 {limit} 条结果；请缩小时间范围。"
    limit: int


class CursorUnknown(Invalid):
    code = "cursor_unknown"
    en = "Session {session_id} does not have event {after_seq} yet. Its last event is {last_seq}."
    zh = "会话 {session_id} 还没有事件 {after_seq}；最后一个是 {last_seq}。"
    session_id: str
    after_seq: int
    last_seq: int


class CursorExpired(Gone):
    code = "cursor_expired"
    en = "Session {session_id} no longer has the events after {after_seq}. Its oldest event is {oldest_seq}."
    zh = "会话 {session_id} 不再保留 {after_seq} 之后的事件；最早保留的是 {oldest_seq}。"
    session_id: str
    after_seq: int
    oldest_seq: int


class StateInvalid(Invalid):
    code = "state_invalid"
    en = "The state does not match the schema of workflow {workflow}."
    zh = "状态不符合工作流 {workflow} 的结构定义。"
    workflow: str


class StateChanged(Conflict):
    code = "state_changed"
    en = "The state of session {session_id} has changed in the meantime. Read it again."
    zh = "会话 {session_id} 的状态在此期间已改变；请重新读取。"
    session_id: str


class EditNotApplicable(Invalid):
    code = "edit_not_applicable"
    en = "This edit of the state is not possible: {message}"
    zh = "无法这样修改状态：{message}"
    message: str


class TextNotStorable(Invalid):
    code = "text_not_storable"
    en = "{path} contains {kind}, which cannot be stored."
    zh = "{path} 含有无法存储的内容：{kind}。"
    path: str | PurePath
    kind: str
