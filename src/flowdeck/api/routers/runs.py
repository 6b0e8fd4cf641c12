"""Runs: start them in a session, read them, wait for them, pause, cancel and retry them, answer their questions."""

from typing import Annotated, Any

from fastapi import Body, Header, Query, Response

from flowdeck.api.dependencies import Acting, ContainerDep, Once, Reading, RunResponderDep
from flowdeck.api.etags import read_if_match
from flowdeck.api.models.history import ModelCallListResponse
from flowdeck.api.models.questions import AnswerListResponse
from flowdeck.api.models.requests import MAX_WAIT_SECONDS, RunCreateRequest, RunResumeRequest, RunRetryRequest
from flowdeck.api.models.responses import RunListResponse, RunResponse
from flowdeck.api.openapi_errors import BODY, PROVIDER, UNBUILDABLE, failures
from flowdeck.api.run_responses import mark_replayed, watched
from flowdeck.api.strict_router import Router, event_stream
from flowdeck.api.utils.pagination import Paging
from flowdeck.api.utils.validation import StorableText
from flowdeck.managers.paging import Page
from flowdeck.storage.run_status import RunStatus
from flowdeck.storage.tables import AnswerRow, ModelCallRow, RunRow

router = Router(tag="runs")

_STREAM = (
    'id: 4\nevent: workflow_state\ndata: {"type":"workflow_state","session_id":"…","seq":4,"data":{"node":"reply",…}}'
    '\n\nevent: token\ndata: {"type":"token","session_id":"…","data":{"text":"Paris",…}}'
    '\n\nevent: end\ndata: {"type":"end","status":"succeeded","run_id":"…","session_id":"…"}\n\n'
)


def _responses(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The responses of a route that starts or resumes a run."""
    stream = event_stream("The run at its end (`wait`), or its events (`stream`).", _STREAM)
    accepted = {
        "model": RunResponse,
        "description": "The run is queued (`background`). The Location header is its address.",
    }
    return {**stream, 202: accepted, **failures(*codes)}


@router.post(
    "/sessions/{session_id}/runs",
    response_model=RunResponse,
    summary="Start a run",
    responses=_responses(
        "session_not_found",
        "session_busy",
        "session_queue_full",
        "session_stale",
        "idempotency_key_reused",
        "session_not_open",
        "state_invalid",
        "media_too_large",
        *UNBUILDABLE,
        *PROVIDER,
        *BODY,
    ),
)
async def create_run(
    *,
    session_id: str,
    body: RunCreateRequest,
    container: ContainerDep,
    scope: Acting,
    responder: RunResponderDep,
    once: Once,
    response: Response,
    if_match: Annotated[
        str | None,
        Header(
            description="Start the run only if the ETag of the session or of its state is one of these. `*` matches "
            "any."
        ),
    ] = None,
) -> Any:
    """Runs the session's workflow on an input.

    `wait` responds when the run has ended, is paused or asks a question (status `interrupted`). A failed run returns
    200 with its error. If a model provider caused the failure, the status is 502 or 504, with `run_id` and
    `session_id`. If the run has not ended within `timeout`, the status is 202, and you can wait for the run again.

    `background` returns 202 at once.

    `stream` sends the run's events. The `id` of each event is its seq, and its `event` is its type. Tokens are sent as
    `token`, and `end` contains the final status.
    """
    limits = None if body.limits is None else body.limits.model_dump(exclude_none=True)
    condition = read_if_match(if_match or body.if_match)
    started = await container.run_service.start(
        scope,
        session_id,
        body.input,
        limits=limits,
        on_conflict=body.on_conflict,
        if_match=None if condition is None or condition.any else condition.tags,
        once=once,
        watch=watched(body.mode, body.stream_modes),
    )
    sent = await responder.respond(started, body.mode, body.on_disconnect, body.stream_modes, seconds=body.timeout)
    mark_replayed(once, sent if isinstance(sent, Response) else response)
    return sent


@router.get(
    "/sessions/{session_id}/runs",
    response_model=RunListResponse,
    summary="List a session's runs",
    responses=failures("session_not_found"),
)
async def list_runs(
    *,
    session_id: str,
    tx: Reading,
    container: ContainerDep,
    paging: Paging,
    status: Annotated[RunStatus | None, Query(description="Only runs with this status.")] = None,
    without_reply: Annotated[
        bool,
        Query(description="Only runs that failed, were cancelled, or succeeded without writing an assistant message."),
    ] = False,
) -> Page[RunRow]:
    """Returns one page of the session's runs, newest first."""
    await container.sessions.get(tx, session_id)
    return await container.runs.list_runs(
        tx, session_id, page=paging.page, page_size=paging.page_size, status=status, without_reply=without_reply
    )


@router.get(
    "/sessions/{session_id}/answers",
    response_model=AnswerListResponse,
    summary="List a session's closed questions",
    responses=failures("session_not_found"),
)
async def list_answers(
    session_id: StorableText,
    tx: Reading,
    container: ContainerDep,
    paging: Paging,
    run_id: Annotated[StorableText | None, Query(max_length=64, description="Only questions of this run.")] = None,
) -> Page[AnswerRow]:
    """Returns one page of the closed questions, latest first, with who answered what and when.

    The list includes defaults that were set when a deadline passed, and questions of cancelled runs. `GET
    /api/questions/` lists the questions that are still open.
    """
    await container.sessions.get(tx, session_id)
    return await container.answers.list_answers(
        tx, session_id, run_id=run_id, page=paging.page, page_size=paging.page_size
    )


@router.get(
    "/sessions/{session_id}/model-calls",
    response_model=ModelCallListResponse,
    summary="List a session's model calls",
    responses=failures("session_not_found"),
)
async def list_model_calls(
    session_id: StorableText,
    tx: Reading,
    container: ContainerDep,
    paging: Paging,
    run_id: Annotated[StorableText | None, Query(max_length=64, description="Only calls of this run.")] = None,
) -> Page[ModelCallRow]:
    """Returns one page of the calls to language models, latest first: tokens, times, costs and errors."""
    await container.sessions.get(tx, session_id)
    return await container.model_calls.list_calls(
        tx, session_id, run_id=run_id, page=paging.page, page_size=paging.page_size
    )


@router.get("/runs/{run_id}", response_model=RunResponse, summary="Read a run", responses=failures("run_not_found"))
async def get_run(
    run_id: str,
    container: ContainerDep,
    scope: Acting,
    responder: RunResponderDep,
    wait: Annotated[
        float, Query(ge=0, le=MAX_WAIT_SECONDS, description="The number of seconds to wait if the run has not ended.")
    ] = 0,
) -> RunRow:
    """Returns the run with its status, input and output.

    With `wait`, the response is sent when the run has ended, is paused or asks a question, or when the time is over.
    """
    if not wait:
        return await container.run_service.get(scope, run_id)
    return await responder.join(run_id, seconds=wait)


@router.post(
    "/runs/{run_id}/cancel",
    response_model=RunResponse,
    summary="Cancel a run",
    responses=failures("run_not_found", "run_not_active"),
)
async def cancel_run(run_id: str, container: ContainerDep, scope: Acting) -> RunRow:
    """Stops a run.

    A run that is executing first has the status `cancelling`, and `cancelled` a moment later. Everything that it has
    written and spent so far stays.
    """
    return await container.run_service.cancel(scope, run_id)


@router.post(
    "/runs/{run_id}/pause",
    response_model=RunResponse,
    summary="Pause a run",
    responses=failures("run_not_found", "run_not_pausable"),
)
async def pause_run(run_id: str, container: ContainerDep, scope: Acting) -> RunRow:
    """Pauses a run after its current step.

    The response has `stop_requested: pause` until the step has ended. Then the status is `paused`, and the session is
    busy until the run is resumed or cancelled. The results of the step are kept. If it is the last step, the run
    succeeds instead.
    """
    return await container.run_service.pause(scope, run_id)


@router.post(
    "/runs/{run_id}/resume",
    response_model=RunResponse,
    summary="Answer a run's question or resume a paused run",
    responses=_responses(
        "run_not_found",
        "interrupt_unknown",
        "run_not_interrupted",
        "answer_invalid",
        "answer_missing",
        "answer_ambiguous",
        *PROVIDER,
        *BODY,
    ),
)
async def resume_run(
    *,
    run_id: str,
    container: ContainerDep,
    scope: Acting,
    responder: RunResponderDep,
    body: Annotated[RunResumeRequest | None, Body()] = None,
) -> Any:
    """Resumes an interrupted run with an answer. `false`, `0`, `""` and `null` are valid answers.

    A paused run resumes without an answer.
    """
    wanted = body or RunResumeRequest()
    started = await container.run_service.resume(
        scope,
        run_id,
        answer=wanted.answer,
        answers=wanted.answers,
        answered=wanted.is_answer,
        watch=watched(wanted.mode, wanted.stream_modes),
    )
    return await responder.respond(
        started, wanted.mode, wanted.on_disconnect, wanted.stream_modes, seconds=wanted.timeout
    )


@router.post(
    "/runs/{run_id}/retry",
    response_model=RunResponse,
    summary="Retry a failed or cancelled run",
    responses=_responses(
        "run_not_found",
        "run_not_retryable",
        "run_not_latest",
        "run_limit_spent",
        "session_busy",
        "session_not_open",
        *PROVIDER,
        *BODY,
    ),
)
async def retry_run(
    run_id: str, container: ContainerDep, scope: Acting, responder: RunResponderDep, body: RunRetryRequest | None = None
) -> Any:
    """Resumes the run from its last checkpoint, as its next attempt.

    Nodes that had finished do not execute again. A run that failed before its first checkpoint starts with its input.
    The counts of steps and seconds start again at zero. The counts of tokens and costs continue, so a run that reached
    one of these limits needs a higher limit. You can only retry the latest run of a session.
    """
    wanted = body or RunRetryRequest()
    limits = None if wanted.limits is None else wanted.limits.model_dump(exclude_none=True)
    started = await container.run_service.retry(
        scope, run_id, limits=limits, watch=watched(wanted.mode, wanted.stream_modes)
    )
    return await responder.respond(
        started, wanted.mode, wanted.on_disconnect, wanted.stream_modes, seconds=wanted.timeout
    )
