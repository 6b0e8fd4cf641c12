"""Runs: what their state does not allow, how they end, and answers to their questions."""

from decimal import Decimal

from flowdeck.errors.base import Conflict, Invalid, LimitExceeded, NotFound, RunFailed, Unavailable


class RunNotFound(NotFound):
    code = "run_not_found"
    en = "Run {run_id} does not exist."
    zh = "运行 {run_id} 不存在。"
    run_id: str


class IdempotencyKeyReused(Conflict):
    code = "idempotency_key_reused"
    en = "The idempotency key {key} has been used for a different request."
    zh = "幂等键 {key} 已用于另一个请求。"
    key: str


class RunNotActive(Conflict):
    code = "run_not_active"
    en = "Run {run_id} has already ended. Its status is {status}."
    zh = "运行 {run_id} 已结束，状态为 {status}。"
    run_id: str
    status: str


class RunNotPausable(Conflict):
    code = "run_not_pausable"
    en = "Run {run_id} is {status} and cannot be paused."
    zh = "运行 {run_id} 处于 {status} 状态，无法暂停。"
    run_id: str
    status: str


class RunNotInterrupted(Conflict):
    code = "run_not_interrupted"
    en = "Run {run_id} is {status} and does not wait for an answer."
    zh = "运行 {run_id} 处于 {status} 状态，并未等待回答。"
    run_id: str
    status: str


class RunNotRetryable(Conflict):
    code = "run_not_retryable"
    en = "Run {run_id} is {status}. Only a run that failed or was cancelled can be retried."
    zh = "运行 {run_id} 处于 {status} 状态；只有失败或已取消的运行才能重试。"
    run_id: str
    status: str


class RunNotLatest(Conflict):
    code = "run_not_latest"
    en = "Run {run_id} is not the latest run of its session; run {latest} is."
    zh = "运行 {run_id} 不是该会话的最新运行；最新的是 {latest}。"
    run_id: str
    latest: str


class RunLimitSpent(Conflict):
    code = "run_limit_spent"
    en = "Run {run_id} has used up its limit of {limit}. Set a higher limit in `limits`."
    zh = "运行 {run_id} 已用尽其 {limit} 上限；请在 `limits` 中给出更高的上限。"
    run_id: str
    limit: str


class AnswerInvalid(Invalid):
    code = "answer_invalid"
    en = "The answer does not match the schema of the question."
    zh = "回答不符合问题的结构定义。"


class InterruptUnknown(NotFound):
    code = "interrupt_unknown"
    en = "Run {run_id} does not ask question {interrupt_id}."
    zh = "运行 {run_id} 没有提出问题 {interrupt_id}。"
    run_id: str
    interrupt_id: str


class AnswerMissing(Invalid):
    code = "answer_missing"
    en = "Run {run_id} is waiting for an answer. Send `answer` or `answers`."
    zh = "运行 {run_id} 提出了问题；请用 `answer` 或 `answers` 回答。"
    run_id: str


class AnswerAmbiguous(Invalid):
    code = "answer_ambiguous"
    en = "Run {run_id} asks {count} questions. Send `answers`, an object with an answer for each interrupt id."
    zh = "运行 {run_id} 有 {count} 个问题；请用 `answers` 按 interrupt id 回答。"
    run_id: str
    count: int


class NodeFailed(RunFailed):
    code = "run_failed"
    en = "Node {node} failed: {message}"
    zh = "节点 {node} 失败：{message}"
    node: str
    message: str


class CodeRaised(RunFailed):
    code = "code_raised"
    en = "The workflow's code raised {type}: {message}"
    zh = "工作流代码抛出了 {type}：{message}"
    type: str
    message: str


class ThreadsExhausted(Unavailable):
    code = "threads_exhausted"
    seen_in = "run"
    en = "No thread is free: {count} functions of runs that have ended did not return. Restart the server."
    zh = "没有可供该函数使用的线程：已结束的运行中有 {count} 个函数尚未返回。请重启服务器。"
    count: int


class RunNotStored(RunFailed):
    code = "run_not_stored"
    en = "The results of the run could not be stored."
    zh = "无法保存该运行的结果。"


class RunCutOff(RunFailed):
    code = "run_cut_off"
    en = "The process that executed this run died repeatedly, so Flowdeck did not resume the run."
    zh = "执行该运行的进程多次异常终止，因此未恢复该运行。"


class LimitSteps(LimitExceeded):
    code = "limit_steps"
    en = "The run reached its limit of {limit} steps."
    zh = "运行达到了 {limit} 步的上限。"
    limit: int


class LimitSeconds(LimitExceeded):
    code = "limit_seconds"
    en = "The run reached its limit of {limit} seconds."
    zh = "运行达到了 {limit} 秒的上限。"
    limit: float


class LimitTokens(LimitExceeded):
    code = "limit_tokens"
    en = "The run reached its limit of {limit} tokens."
    zh = "运行达到了 {limit} 个 token 的上限。"
    limit: int


class LimitCost(LimitExceeded):
    code = "limit_cost"
    en = "The run reached its limit of {limit} {currency}."
    zh = "运行达到了 {limit} {currency} 的费用上限。"
    limit: Decimal
    currency: str


class LimitCostUnpriced(LimitExceeded):
    code = "limit_cost_unpriced"
    en = "The run has a cost limit, but the price of model {model} is unknown."
    zh = "运行设有费用上限，但模型 {model} 没有价格。"
    model: str


class LimitFanOut(LimitExceeded):
    code = "limit_fan_out"
    en = "Node {node} would fan out to {count} branches; the limit is {limit}."
    zh = "节点 {node} 将展开为 {count} 个分支，上限为 {limit}。"
    node: str
    count: int
    limit: int
