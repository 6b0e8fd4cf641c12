"""The keys of a node of type condition, and what is wrong with them."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from typing_extensions import override

from flowdeck.graphs.nodes.base import NodeBasics
from flowdeck.graphs.routes import Route, end_name
from flowdeck.graphs.spec_model import SpecModel
from flowdeck.yaml_source.located import Path


class Case(SpecModel):
    """A way out of a condition node."""

    when: str
    to: str


class ConditionNode(NodeBasics):
    """Chooses the way: the first case that holds, else the default."""

    chooses_way: ClassVar[bool] = True

    type: Literal["condition"]
    cases: tuple[Case, ...] = ()
    default: str | None = None

    @override
    def routes(self, path: Path) -> Iterator[Route]:
        for index, case in enumerate(self.cases):
            yield Route(str(end_name(case.to)), case.when, (*path, "cases", index))
        if self.default is not None:
            yield Route(str(end_name(self.default)), None, (*path, "default"))
