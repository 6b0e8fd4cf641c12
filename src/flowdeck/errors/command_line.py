"""The command line."""

from pathlib import PurePath

from flowdeck.errors.base import Conflict, Reason, Unavailable, Unloadable


class FileExists(Conflict):
    code = "file_exists"
    en = "{path} exists already, and nothing was written; overwrite with --force."
    zh = "{path} 已存在，未写入任何内容；如需覆盖请使用 --force。"
    path: str | PurePath


class FileNotWritable(Unavailable):
    code = "file_not_writable"
    en = "{path} cannot be written: {message}"
    zh = "无法写入 {path}：{message}"
    path: str | PurePath
    message: str


class BackupExists(Conflict):
    code = "backup_exists"
    en = "{path} exists already, and nothing was written."
    zh = "{path} 已存在，未写入任何内容。"
    path: str | PurePath


class BackupInvalid(Unloadable):
    code = "backup_invalid"
    en = "{path} cannot be restored: {reason}"
    zh = "无法恢复 {path}：{reason}"
    path: str | PurePath
    reason: Reason


class ServerRunning(Conflict):
    code = "server_running"
    en = "A process is working on this database; stop it first."
    zh = "有进程正在使用该数据库；请先停止它。"


class ProgramMissing(Unavailable):
    code = "program_missing"
    en = "This needs PostgreSQL's program {program}, which is not installed."
    zh = "这需要 PostgreSQL 的程序 {program}，但它未安装。"
    program: str


class ProgramFailed(Unavailable):
    code = "program_failed"
    en = "{program} failed: {reason}"
    zh = "{program} 失败：{reason}"
    program: str
    reason: Reason
