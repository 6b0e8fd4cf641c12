"""The server: its address, its database, its end."""

from flowdeck.errors.base import Forbidden, Reason, Unavailable


class AddressNeedsAuthentication(Forbidden):
    code = "address_needs_authentication"
    en = "Flowdeck does not listen on {host} without authentication; use 127.0.0.1, ::1 or localhost."
    zh = "没有身份验证时 Flowdeck 不监听 {host}；请使用 127.0.0.1、::1 或 localhost。"
    host: str


class AddressUnavailable(Unavailable):
    code = "address_unavailable"
    en = "Flowdeck cannot listen on {host}, port {port}: {reason}"
    zh = "Flowdeck 无法监听 {host} 的端口 {port}：{reason}"
    host: str
    port: int
    reason: Reason


class DatabaseUnavailable(Unavailable):
    code = "database_unavailable"
    en = "The database does not answer."
    zh = "数据库没有响应。"


class DatabaseBehind(Unavailable):
    code = "database_behind"
    en = "The database is at revision {found}, this version needs {wanted}: flowdeck db upgrade"
    zh = "数据库版本为 {found}，需要 {wanted}：请运行 flowdeck db upgrade"
    found: str
    wanted: str


class StorageFull(Unavailable):
    code = "storage_full"
    en = "There is no space left to store this."
    zh = "存储空间不足，无法保存。"


class ServerEnded(Unavailable):
    code = "server_ended"
    en = "The server ended without being stopped: {reason}"
    zh = "服务器在未被停止的情况下意外退出：{reason}"
    reason: Reason


class ServerStopping(Unavailable):
    code = "server_stopping"
    en = "The server is shutting down."
    zh = "服务器正在关闭。"
