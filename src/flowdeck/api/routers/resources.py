"""What runs are made with, as it is in force: models, tools, prices; and testing a model."""

from typing import Annotated

from fastapi import Path

from flowdeck.api.dependencies import ClientLanguage, ContainerDep
from flowdeck.api.models.resources import (
    ConfiguredModelListResponse,
    ConfiguredModelResponse,
    ModelTestRequest,
    ModelTestResponse,
    OwnPriceListResponse,
    OwnPriceResponse,
    ToolListResponse,
    ToolResponse,
)
from flowdeck.api.openapi_errors import BODY, PROVIDER, failures
from flowdeck.api.strict_router import Router
from flowdeck.api.utils.validation import StorableText
from flowdeck.errors.base import Language, Problem

router = Router(prefix="/config", tag="config")

Name = Annotated[
    StorableText, Path(max_length=64, description="The model's name in models.yaml.", examples=["default"])
]


@router.get("/models", response_model=ConfiguredModelListResponse, summary="List models", responses=failures())
async def list_models(container: ContainerDep, language: ClientLanguage) -> ConfiguredModelListResponse:
    """Returns the models in use, with their prices and their missing variables. No provider is called."""
    models = [
        ConfiguredModelResponse.of(
            view.name,
            view.spec,
            base_url=view.base_url,
            missing_variables=view.missing_variables,
            unavailable=_reason(view.unavailable, language),
            price=view.price,
            listed_price=view.listed_price,
        )
        for view in await container.model_service.list_models()
    ]
    return ConfiguredModelListResponse(models=models, total=len(models))


@router.post(
    "/models/{name}/test",
    response_model=ModelTestResponse,
    summary="Test a model",
    responses=failures("model_not_found", "model_unavailable", "environment_variable_missing", *PROVIDER, *BODY),
)
async def ask_model(name: Name, container: ContainerDep, body: ModelTestRequest | None = None) -> ModelTestResponse:
    """Calls a model once and returns its reply, without retries or fallbacks.

    The reply has at most 64 tokens, and the call takes at most 30 seconds. The call does not belong to a run, so it is
    not part of any figures. The provider may charge for it.
    """
    request = body or ModelTestRequest()
    return ModelTestResponse.of(name, await container.model_service.test(name, request.prompt))


@router.get("/tools", response_model=ToolListResponse, summary="List tools", responses=failures())
async def list_tools(container: ContainerDep, language: ClientLanguage) -> ToolListResponse:
    """Returns the tools in use with their arguments, and unavailable tools with the reason."""
    tools = [
        ToolResponse(
            name=view.name,
            type=view.type,
            description=view.description,
            arguments=dict(view.schema),
            unavailable=_reason(view.unavailable, language),
        )
        for view in await container.model_service.list_tools()
    ]
    return ToolListResponse(tools=tools, total=len(tools))


@router.get("/prices", response_model=OwnPriceListResponse, summary="List prices", responses=failures())
async def list_prices(container: ContainerDep) -> OwnPriceListResponse:
    """Returns the prices in use from prices.yaml. GET /config/models returns the price of each configured model."""
    own = await container.model_service.list_prices()
    prices = [OwnPriceResponse.of(model, price) for model, price in own.items()]
    return OwnPriceListResponse(prices=prices, total=len(prices))


def _reason(problem: Problem | None, language: Language) -> str | None:
    return None if problem is None else problem.sentence(language)
