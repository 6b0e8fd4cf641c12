"""The node types over HTTP, and the forms that they have there."""

import json

import pytest
from httpx import AsyncClient

from flowdeck.graphs.nodes.registry import NODE_TYPES
from tests.graphs.workflows import define

SUBWORKFLOW = "name: chat\nentry: reply\nnodes: {reply: {type: llm}}\nedges: [{from: reply, to: END}]\n"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.mark.anyio
async def test_each_registered_type_is_listed_once_in_menu_order_with_its_form(client: AsyncClient) -> None:
    response = await client.get("/api/node-types/")

    assert response.status_code == 200, response.text
    listed = response.json()["node_types"]
    assert [item["type"] for item in listed] == sorted(NODE_TYPES, key=lambda name: NODE_TYPES[name].form.order)
    for item in listed:
        form = NODE_TYPES[item["type"]].form
        assert (item["icon"], item["purpose"]) == (form.icon, {"en": form.en, "zh": form.zh})
        assert list(item["starts_with"].items()) == list(form.starts_with.items())
    assert next(item for item in listed if item["type"] == "wait")["settings"] == [
        {
            "key": "for",
            "kind": "text",
            "label": {"en": "Duration (such as 90s, 2h or 7d)", "zh": "时长（如 90s、2h、7d）"},
        },
        {"key": "until", "kind": "text", "label": {"en": "Until (CEL)", "zh": "直到（CEL）"}},
    ]


def test_no_two_types_have_the_same_place_in_the_menu() -> None:
    assert len({kind.form.order for kind in NODE_TYPES.values()}) == len(NODE_TYPES)


@pytest.mark.parametrize("name", NODE_TYPES)
def test_each_setting_is_a_key_of_the_type(name: str) -> None:
    kind = NODE_TYPES[name]
    keys = [setting.key for setting in kind.form.settings]

    assert set(keys) <= {field.alias or key for key, field in kind.spec.model_fields.items()}
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("name", NODE_TYPES)
def test_each_text_is_there_in_both_languages(name: str) -> None:
    form = NODE_TYPES[name].form
    assert all([form.en, form.zh, *(text for setting in form.settings for text in (setting.en, setting.zh))])


@pytest.mark.parametrize("name", NODE_TYPES)
def test_a_new_node_is_without_mistakes(name: str) -> None:
    kind = NODE_TYPES[name]
    output = kind.form.starts_with.get("output")
    workflow = {
        "name": "t",
        "entry": "work",
        "state": {"messages": {"type": "messages"}} | ({output: {"type": "any"}} if isinstance(output, str) else {}),
        "nodes": {"work": {"type": name, **kind.form.starts_with}},
        "edges": [] if kind.spec.chooses_way else [{"from": "work", "to": "END"}],
    }

    definition = define(json.dumps(workflow), files={"chat.yaml": SUBWORKFLOW})

    assert isinstance(definition.spec.nodes["work"], kind.spec)
