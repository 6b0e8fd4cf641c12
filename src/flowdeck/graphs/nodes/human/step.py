"""human: asks a person, and waits for as long as it takes."""

from langgraph.types import interrupt

from flowdeck.graphs.nodes.call import Call, Setting, Update
from flowdeck.graphs.nodes.human.spec import HumanNode
from flowdeck.graphs.templates import Template


class HumanStep:
    """A human node made ready."""

    def __init__(self, node: HumanNode, _setting: Setting) -> None:
        self._node = node
        self._question = Template.compile(node.question)

    async def update(self, call: Call) -> Update:
        """The answer, in the field that `output` names; false, 0, an empty text and null are answers like others.

        The first time, LangGraph's interrupt leaves from here with `{question, schema, choices, deadline_seconds,
        default, node}`; when the run is resumed, the node runs again and has the answer.
        """
        node = self._node
        answer = interrupt(
            {
                "question": call.render(self._question),
                "schema": node.schema_of_answers,
                "choices": None if node.choices is None else list(node.choices),
                "deadline_seconds": node.deadline,
                "default": node.default,
                "node": call.setting.name,
            }
        )
        return {} if node.output is None else {node.output: answer}
