"""`flowdeck run` in this process; what needs a terminal or a signal is in test_terminal.py."""

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Program
from tests.workbench import CHAT, Workbench

pytestmark = pytest.mark.usefixtures("bench")


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def _session(text: str) -> str:
    found = re.search(r"session (\S+)", text)
    assert found is not None, text
    return found[1]


def test_the_answer_goes_to_standard_output_and_the_steps_to_standard_error(flowdeck: Program) -> None:
    result = flowdeck("run", "chat", "Hi")
    assert (result.code, result.out) == (0, "Hello there, friend\n")
    assert re.search(r"✓ answer  \d+ ms", result.err)
    assert re.search(r"succeeded in \d\.\d s · 13 tokens · session chat-", result.err)


def test_json_lines_end_with_the_end(flowdeck: Program) -> None:
    result = flowdeck("run", "chat", "Hi", "--json")
    *events, end = _lines(result.out)
    assert "".join(event["data"]["text"] for event in events if event["type"] == "token") == "Hello there, friend"
    stored = [event["seq"] for event in events if "seq" in event]
    assert stored == list(range(stored[0], stored[0] + len(stored)))
    assert (end["type"], end["status"]) == ("end", "succeeded")
    assert [message["content"] for message in end["output"]["messages"]] == ["Hi", "Hello there, friend"]
    assert result.err == ""


def test_input_is_read_from_standard_input(flowdeck: Program) -> None:
    result = flowdeck("run", "chat", "-", "--json", stdin="Said through a pipe\n")
    assert _lines(result.out)[-1]["output"]["messages"][0]["content"] == "Said through a pipe"


def test_a_run_that_says_nothing_shows_its_state(flowdeck: Program) -> None:
    result = flowdeck("run", "count", "--state", '{"n": 3}')
    assert (result.code, json.loads(result.out)) == (0, {"n": 5})
    assert re.search(r"▸ step\n✓ step  \d+ ms  n=4\n", result.err)


def test_state_and_input_together(flowdeck: Program, bench: Workbench) -> None:
    bench.write(
        "workflows/topic.yaml",
        """
        name: topic
        state:
          messages: {type: messages}
          topic: {type: string, required: true}
        nodes:
          answer: {type: llm, system: "Speak of {{ topic }}."}
        entry: answer
        edges: [{from: answer, to: END}]
        """,
    )
    result = flowdeck("run", "topic", "Hi", "--state", '{"topic": "tea"}', "--json")
    assert _lines(result.out)[-1]["output"]["topic"] == "tea"


def test_a_failed_run_ends_with_1_and_says_why(flowdeck: Program, bench: Workbench) -> None:
    bench.models(default=[{"error": {"status": 401, "message": "no"}}])
    result = flowdeck("run", "chat", "Hi")
    assert result.code == 1
    assert "✗ answer" in result.err
    assert "error: The model provider scripted (default-1) did not accept the API key." in result.err
    failed = _lines(flowdeck("run", "chat", "Hi", "--json").out)[-1]
    assert (failed["status"], failed["error"]["code"]) == ("failed", "provider_auth_failed")


def test_another_model_answers_by_name(flowdeck: Program, bench: Workbench) -> None:
    bench.models(default=[{"text": "wrong"}], other=[{"text": "right"}])
    assert flowdeck("run", "chat", "Hi", "--model", "other").out == "right\n"
    unknown = flowdeck("run", "chat", "Hi", "--model", "none")
    assert unknown.code == 1
    assert "error: Model none is not configured. The configured models are: default, other." in unknown.err


def test_a_session_goes_on(flowdeck: Program) -> None:
    session = _session(flowdeck("run", "chat", "First").err)
    end = _lines(flowdeck("run", "chat", "Second", "--session", session, "--json").out)[-1]
    assert end["session_id"] == session
    assert [message["content"] for message in end["output"]["messages"]] == ["Second", "Hello there, friend"]


def test_a_session_of_another_workflow_is_refused(flowdeck: Program) -> None:
    session = _session(flowdeck("run", "chat", "First").err)
    result = flowdeck("run", "count", "--session", session)
    assert result.code == 1
    assert f"error: Session {session} belongs to workflow chat_" in result.err
    assert flowdeck("run", "chat", "Hi", "--session", "nobody").err.startswith("error: Session nobody does not exist.")


def test_a_question_that_nobody_can_answer_ends_with_3_and_says_how(flowdeck: Program) -> None:
    asked = flowdeck("run", "ask")
    assert asked.code == 3
    session = _session(asked.err)
    assert f"flowdeck run ask --session {session} 'your answer'" in asked.err
    again = flowdeck("run", "ask", "--session", session)
    assert (again.code, f"--session {session}" in again.err) == (3, True)
    unfit = flowdeck("run", "ask", "perhaps", "--session", session)
    assert (unfit.code, unfit.err) == (
        1,
        "error: The answer does not match the schema of the question.\n  expected yes or no\n",
    )
    answered = flowdeck("run", "ask", "yes", "--session", session)
    assert (answered.code, json.loads(answered.out)) == (0, {"approved": True, "sent": True})


def test_false_is_an_answer(flowdeck: Program) -> None:
    session = _session(flowdeck("run", "ask").err)
    answered = flowdeck("run", "ask", "no", "--session", session)
    assert json.loads(answered.out) == {"approved": False, "sent": False}


def test_a_file_anywhere_is_run_though_its_name_is_taken(flowdeck: Program, tmp_path: Path) -> None:
    elsewhere = tmp_path / "other" / "configs" / "workflows"
    elsewhere.mkdir(parents=True)
    (elsewhere / "chat.yaml").write_text(textwrap.dedent(CHAT).replace("name: chat", "name: elsewhere"))
    result = flowdeck("run", str(elsewhere / "chat.yaml"), "Hi")
    assert (result.code, _session(result.err).startswith("chat-")) == (0, True)
    listed = flowdeck("workflows", "show", str(elsewhere / "chat.yaml"))
    assert listed.out.startswith("elsewhere")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "chat", "Hi", "--state", "[1]"), "is not a JSON object"),
        (("run", "chat", "Hi", "--state", "{"), "is not JSON"),
        (("run", "chat", "Hi", "--session", "s", "--model", "m"), "the model of an existing session cannot be changed"),
        (("run", "chat", "Hi", "--session", "s", "--state", "{}"), "either INPUT or --state"),
        (("run",), "Missing argument 'WORKFLOW'"),
        (("serve", "--port", "70000"), "less than or equal to 65535"),
        (("nonsense",), "No such command 'nonsense'"),
    ],
)
def test_a_wrong_call_ends_with_2(flowdeck: Program, arguments: tuple[str, ...], said: str) -> None:
    result = flowdeck(*arguments)
    assert (result.code, said in result.err) == (2, True), result.err


def test_mistakes_are_told_with_their_places(flowdeck: Program, bench: Workbench) -> None:
    bench.write(
        "workflows/broken.yaml",
        """
        name: broken
        nodes:
          a: {type: transform, set: {x: "1"}}
        entry: b
        edges:
          - {from: a, to: nowhere}
        """,
    )
    result = flowdeck("run", "broken")
    assert result.code == 1
    assert "error: configs/workflows/broken.yaml cannot be loaded: configs/workflows/broken.yaml:" in result.err
    assert re.search(r"configs/workflows/broken\.yaml:\d+:\d+: edges\.0\.to: ", result.err)


def test_a_missing_workflow_is_told_with_where_it_was_looked_for(flowdeck: Program) -> None:
    result = flowdeck("run", "chatt", "Hi")
    assert (result.code, result.err) == (1, "error: The workflow file configs/workflows/chatt.yaml does not exist.\n")


def test_what_a_model_says_cannot_move_the_cursor(flowdeck: Program, bench: Workbench) -> None:
    bench.models(default=[{"text": "red\x1b[31m alert\x07"}])
    assert flowdeck("run", "chat", "Hi").out == "red[31m alert\n"
