"""What people are asked, over all sessions."""

from flowdeck.api.dependencies import ContainerDep, Reading
from flowdeck.api.models.questions import QuestionListResponse
from flowdeck.api.openapi_errors import failures
from flowdeck.api.strict_router import Router
from flowdeck.api.utils.pagination import Paging
from flowdeck.managers.paging import Page
from flowdeck.managers.run_manager import WaitingRun

router = Router(prefix="/questions", tag="runs")


@router.get("/", response_model=QuestionListResponse, summary="List open questions", responses=failures())
async def list_questions(tx: Reading, container: ContainerDep, paging: Paging) -> Page[WaitingRun]:
    """Returns one page of the runs that wait for a person, with their questions.

    `POST /api/runs/{run_id}/resume` answers a question.
    """
    return await container.runs.list_waiting(tx, page=paging.page, page_size=paging.page_size)
