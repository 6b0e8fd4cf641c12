"""The command line."""

from pathlib import PurePath

from flowdeck.errors.base import Conflict, Reason, Unavailable, Unloadable


class FileExists(Conflict):
    code = "file_exists"
    seen_in = "CLI"
    en = "{path} already exists, so nothing was written. Use --force to overwrite it."
    zh = "{path} 已存在，未写入任何内容；如需覆盖请使用 --force。"
    path: str | PurePath


class FileNotWritable(Unavailable):
    code = "file_not_writable"
    seen_in = "CLI"
    en = "Cannot write {path}: {message}"
    zh = "无法写入 {path}：{message}"
    path: str | PurePath
    message: str


class BackupExists(Conflict):
    code = "backup_exists"
    seen_in = "CLI"
    en = "{path} already exists, so nothing was written."
    zh = "{path} 已存在，未写入任何内容。"
    path: str | PurePath


class BackupInvalid(Unloadable):
    code = "backup_invalid"
    seen_in = "CLI"
    en = "{path} cannot be restored: {reason}"
    zh = "无法恢复 {path}：{reason}"
    path: str | PurePath
    reason: Reason


class ServerRunning(Conflict):
    code = "server_running"
    seen_in = "CLI"
    en = "A process is using this database. Stop it first."
    zh = "有进程正在使用该数据库；请先停止它。"


class ProgramMissing(Unavailable):
    code = "program_missing"
    seen_in = "CLI"
    en = "This command needs the PostgreSQL program {program}, which is not installed."
    zh = "该命令需要 PostgreSQL 程序 {program}，但尚未安装。"
    program: str


class ProgramFailed(Unavailable):
    code = "program_failed"
    seen_in = "CLI"
    en = "{program} failed: {reason}"
    zh = "{program} 失败：{reason}"
    program: str
    reason: Reason
