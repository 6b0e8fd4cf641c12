"""A WebSocket's messages."""

from flowdeck.errors.base import Conflict, Invalid, NotFound, Reason, TooLarge


class SocketMessageInvalid(Invalid):
    code = "message_invalid"
    seen_in = "socket"
    en = "The message is invalid: {reason}"
    zh = "消息无效：{reason}"
    reason: Reason


class SocketMessageTooLarge(TooLarge):
    code = "message_too_large"
    seen_in = "socket"
    en = "The message is larger than {limit} bytes."
    zh = "消息超过 {limit} 字节。"
    limit: int


class SubscriptionsExceeded(Conflict):
    code = "subscriptions_exceeded"
    seen_in = "socket"
    en = "A connection can subscribe to at most {limit} sessions."
    zh = "一个连接最多可以订阅 {limit} 个会话。"
    limit: int


class NotSubscribed(NotFound):
    code = "not_subscribed"
    seen_in = "socket"
    en = "This connection is not subscribed to session {session_id}."
    zh = "该连接没有订阅会话 {session_id}。"
    session_id: str


class TopicNotSubscribed(NotFound):
    code = "topic_not_subscribed"
    seen_in = "socket"
    en = "This connection is not subscribed to topic {topic}."
    zh = "此连接没有订阅主题 {topic}。"
    topic: str
