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
    en = "There is no configuration file {path}, such as models.yaml or workflows/chat.yaml."
    zh = "没有配置文件 {path}，例如 models.yaml 或 workflows/chat.yaml。"
    path: str | PurePath


class ConfigVersionNotFound(NotFound):
    code = "config_version_not_found"
    en = "{path} has no text of version {number}."
    zh = "{path} 没有版本 {number} 的文本。"
    path: str | PurePath
    number: int


class ConfigFileStale(PreconditionFailed):
    code = "config_file_stale"
    en = "{path} was changed by someone else; read it again and repeat the change."
    zh = "{path} 已被他人修改；请重新读取后再修改。"
    path: str | PurePath


class ConfigFileExists(PreconditionFailed):
    code = "config_file_exists"
    en = "{path} is there already."
    zh = "{path} 已存在。"
    path: str | PurePath


class ConfigFileReadOnly(Forbidden):
    code = "config_file_read_only"
    en = "{path} holds the operator's settings and is changed on the machine, not through the API."
    zh = "{path} 保存运维人员的设置，只能在服务器上修改，不能通过 API 修改。"
    path: str | PurePath


class ConfigNotWritable(Unavailable):
    code = "config_not_writable"
    en = "{path} cannot be written: {message}"
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
    en = "Send the archive itself as the body, with Content-Type: application/zip."
    zh = "请直接以归档作为请求体发送，并使用 Content-Type: application/zip。"


class SettingsInvalid(Unloadable):
    code = "settings_invalid"
    en = "A setting does not fit: {first}"
    zh = "设置有误：{first}"
    first: Reason


class ConfigDirMissing(Unavailable):
    code = "config_dir_missing"
    en = "There is no configuration folder {path}; make one: flowdeck init {parent}"
    zh = "没有配置目录 {path}；请先创建：flowdeck init {parent}"
    path: str | PurePath
    parent: str | PurePath
