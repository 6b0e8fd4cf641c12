"""Webhooks and their deliveries."""

from flowdeck.errors.base import Conflict, FlowdeckError, Invalid, NotFound, Reason


class WebhookNotFound(NotFound):
    code = "webhook_not_found"
    en = "There is no webhook {webhook_id}."
    zh = "Webhook {webhook_id} 不存在。"
    webhook_id: str


class DeliveryNotFound(NotFound):
    code = "delivery_not_found"
    en = "There is no delivery {delivery_id} of webhook {webhook_id}."
    zh = "Webhook {webhook_id} 没有投递 {delivery_id}。"
    delivery_id: str
    webhook_id: str


class WebhooksExceeded(Conflict):
    code = "webhooks_exceeded"
    en = "A project may have {limit} webhooks."
    zh = "一个项目最多可以有 {limit} 个 webhook。"
    limit: int


class WebhookUrlRefused(Invalid):
    code = "webhook_url_refused"
    en = "The webhook's address is refused: {reason}"
    zh = "Webhook 地址被拒绝：{reason}"
    reason: Reason


class WebhookNotEnabled(Conflict):
    code = "webhook_not_enabled"
    en = "Webhook {webhook_id} is not enabled; enable it first."
    zh = "Webhook {webhook_id} 未启用；请先启用。"
    webhook_id: str


class WebhookDeliveryFailed(FlowdeckError):
    code = "webhook_delivery_failed"
    en = "A delivery to webhook {webhook_id} was given up: {reason}"
    zh = "对 webhook {webhook_id} 的投递已放弃：{reason}"
    webhook_id: str
    reason: Reason


class WebhookDisabled(FlowdeckError):
    code = "webhook_disabled"
    en = "Webhook {webhook_id} was disabled, since its address {reason}."
    zh = "Webhook {webhook_id} 已停用，因为其地址 {reason}。"
    webhook_id: str
    reason: Reason
