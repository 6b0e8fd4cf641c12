"""Requests that no route can answer."""

from flowdeck.errors.base import FlowdeckError, Forbidden, Invalid, Malformed, NotFound, TooLarge


class RouteNotFound(NotFound):
    code = "route_not_found"
    en = "Nothing is served at this address."
    zh = "该地址没有任何内容。"


class MethodNotAllowed(FlowdeckError):
    code = "method_not_allowed"
    http_status = 405
    en = "This address does not take {method}."
    zh = "该地址不支持 {method}。"
    method: str


class RequestInvalid(Invalid):
    code = "request_invalid"
    en = "The request does not fit."
    zh = "请求不符合要求。"


class JsonInvalid(Malformed):
    code = "json_invalid"
    en = "The body is not JSON."
    zh = "请求体不是有效的 JSON。"


class ContentTypeUnsupported(Invalid):
    code = "content_type_unsupported"
    http_status = 415
    en = "Send the body as JSON, with Content-Type: application/json."
    zh = "请以 JSON 发送请求体，并使用 Content-Type: application/json。"


class BodyTooLarge(TooLarge):
    code = "body_too_large"
    en = "The body is over {limit} bytes."
    zh = "请求体超过 {limit} 字节。"
    limit: int


class HostNotAllowed(Forbidden):
    code = "host_not_allowed"
    http_status = 421
    en = "This host name is not served here."
    zh = "此处不提供该主机名的服务。"


class OriginNotAllowed(Forbidden):
    code = "origin_not_allowed"
    en = "Requests from this origin are refused."
    zh = "拒绝来自该来源的请求。"


class InternalError(FlowdeckError):
    code = "internal_error"
    en = "Something went wrong here; quote the request id {request_id}."
    zh = "服务器内部出错；请提供请求编号 {request_id}。"
    request_id: str
