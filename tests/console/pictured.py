"""The records that the console is pictured with: a month of them, and what people have done today."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from benchmarks.month import make_month
from benchmarks.place import CONFIGS
from benchmarks.seeding import load_workflows, seed
from flowdeck.cli.places import packaged_configs
from tests.databases import sqlite_copy, sqlite_template
from tests.server_process import ServerProcess
from tests.workbench import Workbench

CHATS = {
    "What is the capital of France?": "Paris. It lies on the Seine and has been the capital since the Middle Ages.",
    "Name three rivers of Europe.": "The Rhine, the Danube and the Tagus.",
    "Summarise the minutes of Monday's meeting.": "Three decisions were taken; two of them still need an owner.",
    "用一句话介绍工作流。": "工作流把模型、工具和人的判断按顺序连接起来。",
    "Which train is the last one to Basel?": "The last one leaves at 23:04 from platform 7.",
    "How long may an invoice stay open?": "Thirty days, unless the contract says otherwise.",
}
LETTERS = {
    "I was charged twice this month.": "We are sorry that you were charged twice. We have paid one charge back.",
    "我的发票地址写错了。": "很抱歉，发票地址已更正，新的发票今天寄出。",
    "My parcel has not come.": "We are sorry that your parcel is late. We have asked the carrier where it is.",
}
LABEL = '{"label": "complaint"}'
USAGE = {"input": 412, "output": 57}
PRICES = {"rehearsal-1": {"currency": "USD", "input": "0.15", "output": "0.60"}}
TABLE = """Three offers, the cheapest first:

| Supplier | Price per box | Delivery |
|---|---:|---|
| Nordwind | 1.70 | 3 days |
| Papyrus | 1.85 | tomorrow |
| Blatt & Co. | 2.10 | tomorrow |

Twenty-three boxes at 17 each are **391**:

```python
boxes, price = 23, 17
print(boxes * price)  # 391
```
"""
TOOLED: list[dict[str, Any]] = [
    {"text": "Let me count.", "tool_calls": [{"name": "calculator", "args": {"expression": "17*23"}}]},
    {"text": TABLE},
]
DOCUMENTS = [
    "The library opens a new reading room on Monday.",
    "The bridge is closed for repairs until May.",
    "The council has voted for a second swimming pool.",
]
SUMMARIES = ["A reading room opens on Monday.", "The bridge reopens in May.", "There will be a second pool."]


def workbench(folder: Path) -> Workbench:
    """The shipped configuration over a database in `folder`; models are scripted."""
    (folder / "data").mkdir()
    bench = Workbench(folder, sqlite_copy(sqlite_template(folder), folder / "data"))
    shutil.rmtree(folder / "configs")
    shutil.copytree(packaged_configs(), folder / "configs")
    shutil.copy(CONFIGS / "workflows" / "desk.yaml", folder / "configs" / "workflows")
    bench.write("models.yaml", _yaml({"models": _models()}))
    bench.write("prices.yaml", _yaml({"prices": {**_of_the_month("prices"), **PRICES}}))
    return bench


async def seed_month(bench: Workbench) -> None:
    """A tenth of the scripted month of the benchmarks: 200 sessions, in February."""
    async with bench.open() as opened:
        await seed(opened.container, make_month(7, scale=0.1), await load_workflows(opened.container))


def seed_today(server: ServerProcess) -> dict[str, str]:
    """Conversations, cases that wait for a person, a failure, and one that is under way. Ids by what is in them."""
    for question in CHATS:
        _run(server, "chat", question)
    waiting = [_run(server, "triage", letter) for letter in LETTERS]
    _run(server, "chat", "Are you there?", model="down")
    _run(server, "chat", "Tell me a long story.", model="slow", mode="background")
    tooled = _run(server, "react", "What do 23 boxes at 17 cost? Compare the offers.", model="tooled")
    merged = _run(server, "map_summarize", {"documents": DOCUMENTS}, model="merged")
    answer = server.client.get(f"/sessions/{tooled}/history").json()["history"][-1]
    bookmark = {"message_id": answer["message_id"], "note": "Order from Papyrus by Thursday."}
    server.post(f"/history/sessions/{tooled}/bookmarks", bookmark)
    _change_desk(server)
    server.post(f"/sessions/{tooled}/save", {"label": "offers compared"})
    return {"waiting": waiting[0], "tooled": tooled, "merged": merged}


def _change_desk(server: ServerProcess) -> None:
    """A second version of a workflow, with a step more."""
    url = "/config/files/workflows/desk.yaml"
    found = server.client.get(url)
    text = found.json()["content"].replace('version: "1"', 'version: "2"')
    text = text.replace("nodes:", "nodes:\n  sort: {type: llm, model: month-fast, system: Name the subject.}")
    text = text.replace("entry: answer", "entry: sort").replace("edges:", "edges:\n  - {from: sort, to: answer}")
    server.client.put(url, json={"content": text}, headers={"If-Match": found.headers["ETag"]}).raise_for_status()
    server.post("/workflows/", {"config_path": "configs/workflows/desk.yaml"})


def _models() -> dict[str, Any]:
    """`default` answers in the order in which `seed_today` asks."""
    cases = [text for answer in LETTERS.values() for text in (LABEL, answer)]
    merge = "A reading room opens on Monday, the bridge in May; a second pool is coming."
    return {
        **_of_the_month("models"),
        "default": _scripted(*({"text": text, "delay_ms": 25, "usage": USAGE} for text in (*CHATS.values(), *cases))),
        "tooled": _scripted(*({"delay_ms": 15, "usage": USAGE, **reply} for reply in TOOLED)),
        "merged": _scripted(*({"text": text, "delay_ms": 30, "usage": USAGE} for text in (*SUMMARIES, merge))),
        "down": _scripted({"error": {"status": 503, "message": "overloaded"}}),
        "slow": _scripted({"text": "word " * 600, "delay_ms": 200}),
    }


def _of_the_month(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((CONFIGS / f"{name}.yaml").read_text(encoding="utf-8"))[name])


class _Plain(yaml.SafeDumper):
    """Repeats a value instead of pointing to it."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _yaml(value: dict[str, Any]) -> str:
    return yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True)


def _scripted(*replies: dict[str, Any]) -> dict[str, Any]:
    return {"provider": "scripted", "model": "rehearsal-1", "retries": 0, "replies": list(replies)}


def _run(server: ServerProcess, workflow: str, given: Any, *, model: str = "default", mode: str = "wait") -> str:
    """Run in a new session; its id."""
    path = f"configs/workflows/{workflow}.yaml"
    session = server.post("/sessions", {"workflow_config_path": path, "agent_config": {"model": model}})
    server.client.post(f"/sessions/{session['session_id']}/runs", json={"input": given, "mode": mode})
    return str(session["session_id"])
