"""A server that is killed with -9 and started again, on both databases."""

import json

from tests.server_process import ServerProcess
from tests.workbench import Workbench

SLOW = """
    name: slow
    state:
      n: {type: integer, default: 0}
      done: {type: list, reducer: append}
    nodes:
      first: {type: transform, set: {n: n + 1, done: "['first']"}}
      wait: {type: llm, prompt: wait, output: answer}
      last: {type: transform, set: {n: n + 1, done: "['last']"}}
    entry: first
    edges:
      - {from: first, to: wait}
      - {from: wait, to: last}
      - {from: last, to: END}
"""


def slow(workbench: Workbench) -> None:
    workbench.write(
        "workflows/slow.yaml", SLOW.replace("done: {", "answer: {type: string, default: ''}\n      done: {")
    )


def test_a_chat_goes_on_after_the_server_was_killed(workbench: Workbench) -> None:
    with ServerProcess(workbench) as server:
        session_id = server.session()
        for text in ("one", "two", "three"):
            assert server.post(f"/sessions/{session_id}/runs", {"input": text})["status"] == "succeeded"
        before = server.get(f"/sessions/{session_id}/history")
        server.kill()

    with ServerProcess(workbench) as server:
        assert server.get(f"/sessions/{session_id}/history") == before
        run = server.post(f"/sessions/{session_id}/runs", {"input": "four"})
        assert run["status"] == "succeeded"
        history = server.get(f"/sessions/{session_id}/history")
        assert [entry["content"] for entry in history["history"] if entry["type"] == "user"] == [
            "one",
            "two",
            "three",
            "four",
        ]
        assert len(server.get(f"/sessions/{session_id}/state")["values"]["messages"]) == 8


def test_a_run_that_was_cut_off_ends_by_itself_after_the_restart(workbench: Workbench) -> None:
    slow(workbench)
    workbench.models(default=[{"text": "never told", "delay_ms": 600_000}])
    with ServerProcess(workbench) as server:
        session_id = server.session("slow")
        run_id = server.post(f"/sessions/{session_id}/runs", {"mode": "background"})["run_id"]
        for event in server.events(session_id):
            if event["type"] == "workflow_state" and event["data"]["node"] == "wait":
                break
        server.kill()

    workbench.models(default=[{"text": "told"}])
    with ServerProcess(workbench) as server:
        log = server.wait_for_run(session_id, run_id, "succeeded")
        values = server.get(f"/sessions/{session_id}/state")["values"]

    assert values == {"n": 2, "done": ["first", "last"], "answer": "told"}
    assert [event["seq"] for event in log] == list(range(1, len(log) + 1))
    ends = [event["data"]["node"] for event in log if event["data"].get("phase") == "end"]
    assert ends == ["first", "wait", "last"]


def test_a_question_is_answered_after_the_server_was_killed(workbench: Workbench) -> None:
    with ServerProcess(workbench) as server:
        session_id = server.session("ask")
        run = server.post(f"/sessions/{session_id}/runs", {})
        assert run["status"] == "interrupted"
        server.kill()

    with ServerProcess(workbench) as server:
        assert server.get(f"/sessions/{session_id}/state")["interrupts"] == run["interrupts"]
        server.post(f"/runs/{run['run_id']}/resume", {"answer": True})
        server.wait_for_run(session_id, run["run_id"], "succeeded")
        assert server.get(f"/sessions/{session_id}")["status"] == "active"


def test_sigterm_ends_the_server_with_open_streams_and_hands_its_run_over(workbench: Workbench) -> None:
    slow(workbench)
    workbench.models(default=[{"text": "never told", "delay_ms": 600_000}])
    with ServerProcess(workbench, FLOWDECK_SERVER__GRACE_SECONDS="0.2") as server:
        session_id = server.session("slow")
        run_id = server.post(f"/sessions/{session_id}/runs", {"mode": "background"})["run_id"]
        stream = server.client.stream("GET", f"/sessions/{session_id}/events")
        with stream as response:
            lines = response.iter_lines()
            assert any("workflow_state" in line for line in lines)
            assert server.terminate() == 0

    workbench.models(default=[{"text": "told"}])
    with ServerProcess(workbench) as server:
        server.wait_for_run(session_id, run_id, "succeeded")
        stored = json.dumps(server.get(f"/runs/{run_id}"))
        assert "told" in stored


def test_a_run_that_was_cut_off_has_failed_where_the_settings_say_so_and_can_be_retried(workbench: Workbench) -> None:
    slow(workbench)
    workbench.models(default=[{"text": "never told", "delay_ms": 600_000}])
    with ServerProcess(workbench) as server:
        session_id = server.session("slow")
        run_id = server.post(f"/sessions/{session_id}/runs", {"mode": "background"})["run_id"]
        assert any(event["data"].get("node") == "wait" for event in server.events(session_id))
        server.kill()

    workbench.models(default=[{"text": "told"}])
    with ServerProcess(workbench, FLOWDECK_RUNS__AFTER_CRASH="fail") as server:
        server.wait_for_run(session_id, run_id, "failed")
        assert server.get(f"/runs/{run_id}")["error"]["code"] == "run_cut_off"
        assert server.get(f"/sessions/{session_id}")["status"] == "failed"
        server.post(f"/runs/{run_id}/retry")
        server.wait_for_run(session_id, run_id, "succeeded")
        assert server.get(f"/sessions/{session_id}/state")["values"]["done"] == ["first", "last"]


def test_sigterm_lets_a_step_end_and_leaves_the_rest_for_the_next_start(workbench: Workbench) -> None:
    slow(workbench)
    workbench.models(default=[{"text": "told before", "delay_ms": 700}])
    with ServerProcess(workbench, FLOWDECK_SERVER__GRACE_SECONDS="60") as server:
        session_id = server.session("slow")
        run_id = server.post(f"/sessions/{session_id}/runs", {"mode": "background"})["run_id"]
        assert any(event["data"].get("node") == "wait" for event in server.events(session_id))
        assert server.terminate() == 0

    workbench.models(default=[{"text": "told again"}])
    with ServerProcess(workbench) as server:
        log = server.wait_for_run(session_id, run_id, "succeeded")
        values = server.get(f"/sessions/{session_id}/state")["values"]

    assert values == {"n": 2, "done": ["first", "last"], "answer": "told before"}
    nodes = [(event["data"]["node"], event["data"]["phase"]) for event in log if event["type"] == "workflow_state"]
    assert nodes == [(node, phase) for node in ("first", "wait", "last") for phase in ("start", "end")]
