"""Webhooks and their deliveries."""

from flowdeck.errors.base import Conflict, FlowdeckError, Invalid, NotFound, Reason


class WebhookNotFound(NotFound):
    code = "webhook_not_found"
    en = "Webhook {webhook_id} does not exist."
    zh = "Webhook {webhook_id} 不存在。"
    webhook_id: str


class DeliveryNotFound(NotFound):
    code = "delivery_not_found"
    en = "Webhook {webhook_id} does not have delivery {delivery_id}."
    zh = "Webhook {webhook_id} 中不存在投递 {delivery_id}。"
    delivery_id: str
    webhook_id: str


class WebhooksExceeded(Conflict):
    code = "webhooks_exceeded"
    en = "A project can have at most {limit} webhooks."
    zh = "一个项目最多可以有 {limit} 个 webhook。"
    limit: int


class WebhookUrlRefused(Invalid):
    code = "webhook_url_refused"
    en = "The URL of the webhook is not allowed: {reason}"
    zh = "不允许使用该 webhook 地址：{reason}"
    reason: Reason


class WebhookNotEnabled(Conflict):
    code = "webhook_not_enabled"
    en = "Webhook {webhook_id} is disabled. Enable it first."
    zh = "Webhook {webhook_id} 未启用；请先启用。"
    webhook_id: str


class WebhookDeliveryFailed(FlowdeckError):
    code = "webhook_delivery_failed"
    seen_in = "record"
    en = "Flowdeck gave up a delivery to webhook {webhook_id}: {reason}"
    zh = "对 webhook {webhook_id} 的投递已放弃：{reason}"
    webhook_id: str
    reason: Reason


class WebhookDisabled(FlowdeckError):
    code = "webhook_disabled"
    seen_in = "record"
    en = "Flowdeck disabled webhook {webhook_id} because its URL {reason}."
    zh = "Webhook {webhook_id} 已停用，因为其地址 {reason}。"
    webhook_id: str
    reason: Reason
