"""The sentences of responses that report a success. Failures have theirs in `errors`."""

from typing import Literal

from flowdeck.errors.base import Language

Done = Literal[
    "config_file_deleted",
    "session_deleted",
    "snapshot_deleted",
    "webhook_deleted",
    "state_saved",
    "workflow_loaded",
    "workflow_unloaded",
    "bookmark_added",
    "bookmark_exists",
    "bookmark_removed",
]

_DONE: dict[Done, tuple[str, str]] = {
    "bookmark_added": ("The bookmark was added.", "书签已添加。"),
    "bookmark_exists": ("The message already has a bookmark.", "该消息已有书签。"),
    "bookmark_removed": ("The bookmark was removed.", "书签已删除。"),
    "config_file_deleted": ("The file was deleted. Its versions are kept.", "文件已删除，其历史版本仍保留。"),
    "session_deleted": ("The session was deleted.", "会话已删除。"),
    "snapshot_deleted": ("The snapshot was deleted.", "快照已删除。"),
    "webhook_deleted": ("The webhook was deleted.", "Webhook 已删除。"),
    "state_saved": ("The session's state was saved.", "会话状态已保存。"),
    "workflow_loaded": ("The workflow was loaded.", "工作流已加载。"),
    "workflow_unloaded": ("The workflow was unloaded.", "工作流已卸载。"),
}


def sentence(done: Done, language: Language) -> str:
    """What was done, in one sentence for a person."""
    return _DONE[done][0 if language == "en" else 1]
