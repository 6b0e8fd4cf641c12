"""Configuration files, settings and archives."""

from pathlib import PurePath

from flowdeck.errors.base import (
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    PreconditionFailed,
    Reason,
    Unavailable,
    Unloadable,
)


class ConfigFileNotFound(NotFound):
    code = "config_file_not_found"
    en = "Configuration file {path} does not exist. Examples of names are models.yaml and workflows/chat.yaml."
    zh = "配置文件 {path} 不存在；文件名示例：models.yaml、workflows/chat.yaml。"
    path: str | PurePath


class ConfigVersionNotFound(NotFound):
    code = "config_version_not_found"
    en = "Version {number} of {path} does not exist."
    zh = "{path} 不存在版本 {number}。"
    path: str | PurePath
    number: int


class ConfigFileStale(PreconditionFailed):
    code = "config_file_stale"
    en = "Someone else has changed {path}. Read it again and repeat your change."
    zh = "{path} 已被他人修改；请重新读取后再修改。"
    path: str | PurePath


class ConfigFileExists(PreconditionFailed):
    code = "config_file_exists"
    en = "{path} already exists."
    zh = "{path} 已存在。"
    path: str | PurePath


class ConfigFileReadOnly(Forbidden):
    code = "config_file_read_only"
    en = "{path} contains the operator's settings. Change it on the server; the API cannot."
    zh = "{path} 保存运维人员的设置，只能在服务器上修改，不能通过 API 修改。"
    path: str | PurePath


class ConfigNotWritable(Unavailable):
    code = "config_not_writable"
    en = "Cannot write {path}: {message}"
    zh = "无法写入 {path}：{message}"
    path: str | PurePath
    message: str


class ArchiveInvalid(Malformed):
    code = "archive_invalid"
    en = "The archive cannot be imported: {first}"
    zh = "无法导入该归档：{first}"
    first: Reason


class ArchiveTypeUnsupported(Invalid):
    code = "archive_type_unsupported"
    http_status = 415
    en = "Send the archive as the request body, with Content-Type: application/zip."
    zh = "请直接以归档作为请求体发送，并使用 Content-Type: application/zip。"


class SettingsInvalid(Unloadable):
    code = "settings_invalid"
    seen_in = "start-up"
    en = "Invalid setting: {first}"
    zh = "设置有误：{first}"
    first: Reason


class ConfigDirMissing(Unavailable):
    code = "config_dir_missing"
    seen_in = "start-up"
    en = "The configuration folder {path} does not exist. Create it with: flowdeck init {parent}"
    zh = "配置目录 {path} 不存在；请先创建：flowdeck init {parent}"
    path: str | PurePath
    parent: str | PurePath
