"""Which step belongs to which node type."""

from collections.abc import Callable, Mapping
from typing import Any

from flowdeck.graphs.node_specs import (
    AgentNode,
    ConditionNode,
    HttpNode,
    HumanNode,
    LlmNode,
    NodeBasics,
    ParallelNode,
    PythonNode,
    SubworkflowNode,
    ToolNode,
    TransformNode,
)
from flowdeck.graphs.nodes.agent import AgentStep
from flowdeck.graphs.nodes.call import ItemStep, Setting, Step
from flowdeck.graphs.nodes.condition import ConditionStep
from flowdeck.graphs.nodes.http import HttpStep
from flowdeck.graphs.nodes.human import HumanStep
from flowdeck.graphs.nodes.llm import LlmStep
from flowdeck.graphs.nodes.parallel import ParallelStep
from flowdeck.graphs.nodes.python import PythonStep
from flowdeck.graphs.nodes.subworkflow import Subgraph, SubworkflowStep
from flowdeck.graphs.nodes.tool import ToolStep
from flowdeck.graphs.nodes.transform import TransformStep

_ITEM_STEPS: Mapping[type[NodeBasics], Callable[[Any, Setting], ItemStep]] = {
    LlmNode: LlmStep,
    ToolNode: ToolStep,
    TransformNode: TransformStep,
    HttpNode: HttpStep,
    PythonNode: PythonStep,
}
_STEPS: Mapping[type[NodeBasics], Callable[[Any, Setting], Step]] = {
    AgentNode: AgentStep,
    ConditionNode: ConditionStep,
    HumanNode: HumanStep,
}


def make_step(node: NodeBasics, setting: Setting, subworkflows: Mapping[str, Subgraph]) -> Step:
    """The node made ready; `subworkflows` are the built graphs of the files it may name."""
    if isinstance(node, ParallelNode):
        return ParallelStep(node, setting, _make_item_step(node.node, setting, subworkflows))
    if type(node) in _STEPS:
        return _STEPS[type(node)](node, setting)
    return _make_item_step(node, setting, subworkflows)


def _make_item_step(node: NodeBasics, setting: Setting, subworkflows: Mapping[str, Subgraph]) -> ItemStep:
    if isinstance(node, SubworkflowNode):
        return SubworkflowStep(node, setting, subworkflows[node.workflow])
    return _ITEM_STEPS[type(node)](node, setting)
