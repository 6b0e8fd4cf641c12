"""The server: its address, its database, its end."""

from flowdeck.errors.base import Forbidden, Reason, Unavailable


class AddressNeedsAuthentication(Forbidden):
    code = "address_needs_authentication"
    seen_in = "start-up"
    en = "Flowdeck does not listen on {host} without authentication. Use 127.0.0.1, ::1 or localhost."
    zh = "没有身份验证时 Flowdeck 不监听 {host}；请使用 127.0.0.1、::1 或 localhost。"
    host: str


class AddressUnavailable(Unavailable):
    code = "address_unavailable"
    seen_in = "start-up"
    en = "Flowdeck cannot listen on {host}, port {port}: {reason}"
    zh = "Flowdeck 无法监听 {host} 的端口 {port}：{reason}"
    host: str
    port: int
    reason: Reason


class DatabaseUnavailable(Unavailable):
    code = "database_unavailable"
    en = "The database does not respond."
    zh = "数据库没有响应。"


class DatabaseBehind(Unavailable):
    code = "database_behind"
    seen_in = "start-up"
    en = "The database is at revision {found}, but this version needs {wanted}. Run: flowdeck db upgrade"
    zh = "数据库版本为 {found}，需要 {wanted}：请运行 flowdeck db upgrade"
    found: str
    wanted: str


class StorageFull(Unavailable):
    code = "storage_full"
    en = "The disk is full, so this could not be stored."
    zh = "磁盘空间已满，无法保存。"


class ServerEnded(Unavailable):
    code = "server_ended"
    seen_in = "exit"
    en = "The server stopped unexpectedly: {reason}"
    zh = "服务器意外停止：{reason}"
    reason: Reason


class ServerStopping(Unavailable):
    code = "server_stopping"
    en = "The server is shutting down."
    zh = "服务器正在关闭。"
