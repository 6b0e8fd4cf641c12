"""A WebSocket's messages."""

from flowdeck.errors.base import Conflict, Invalid, NotFound, Reason, TooLarge


class SocketMessageInvalid(Invalid):
    code = "message_invalid"
    en = "The message does not fit: {reason}"
    zh = "消息不符合要求：{reason}"
    reason: Reason


class SocketMessageTooLarge(TooLarge):
    code = "message_too_large"
    en = "The message is over {limit} bytes."
    zh = "消息超过 {limit} 字节。"
    limit: int


class SubscriptionsExceeded(Conflict):
    code = "subscriptions_exceeded"
    en = "One connection may be subscribed to {limit} sessions."
    zh = "一个连接最多可以订阅 {limit} 个会话。"
    limit: int


class NotSubscribed(NotFound):
    code = "not_subscribed"
    en = "This connection is not subscribed to session {session_id}."
    zh = "该连接没有订阅会话 {session_id}。"
    session_id: str


class TopicNotSubscribed(NotFound):
    code = "topic_not_subscribed"
    en = "This connection is not subscribed to the topic {topic}."
    zh = "此连接没有订阅主题 {topic}。"
    topic: str
