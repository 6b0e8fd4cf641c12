"""Requests that no route can answer."""

from flowdeck.errors.base import FlowdeckError, Forbidden, Invalid, Malformed, NotFound, TooLarge


class RouteNotFound(NotFound):
    code = "route_not_found"
    en = "This URL does not exist."
    zh = "该地址不存在。"


class MethodNotAllowed(FlowdeckError):
    code = "method_not_allowed"
    http_status = 405
    en = "This URL does not support {method}."
    zh = "该地址不支持 {method}。"
    method: str


class RequestInvalid(Invalid):
    code = "request_invalid"
    en = "The request is invalid."
    zh = "请求无效。"


class JsonInvalid(Malformed):
    code = "json_invalid"
    en = "The request body is not valid JSON."
    zh = "请求体不是有效的 JSON。"


class ContentTypeUnsupported(Invalid):
    code = "content_type_unsupported"
    http_status = 415
    en = "Send the request body as JSON, with Content-Type: application/json."
    zh = "请以 JSON 发送请求体，并使用 Content-Type: application/json。"


class BodyTooLarge(TooLarge):
    code = "body_too_large"
    en = "The request body is larger than {limit} bytes."
    zh = "请求体大小超过 {limit} 字节。"
    limit: int


class HostNotAllowed(Forbidden):
    code = "host_not_allowed"
    http_status = 421
    en = "This server does not answer requests for this host name."
    zh = "本服务器不响应该主机名的请求。"


class OriginNotAllowed(Forbidden):
    code = "origin_not_allowed"
    en = "This server does not accept requests from this origin."
    zh = "本服务器不接受来自该来源的请求。"


class InternalError(FlowdeckError):
    code = "internal_error"
    en = "Something went wrong in the server. When you report it, give the request id {request_id}."
    zh = "服务器内部出错；报告问题时请提供请求编号 {request_id}。"
    request_id: str
