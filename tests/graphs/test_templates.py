"""Templates: what they give, and that data is never one."""

from typing import Any

import pytest

from flowdeck.graphs.templates import Template, TemplateFault, ValueTemplate


@pytest.mark.parametrize(
    ("text", "variables", "rendered"),
    [
        ("plain", {}, "plain"),
        ("{{ messages[-1].content }}!", {"messages": [{"content": "<hi>"}]}, "<hi>!"),
        ("{{ data | json }}", {"data": {"é": [1, None]}}, '{"é": [1, null]}'),
        ("{% for n in items %}{{ loop.index }}{{ n }} {% endfor %}", {"items": ["a", "b"]}, "1a 2b "),
        ("{{ agent.tone | default('calm') }}", {"agent": {}}, "calm"),
        ("{{ text }}", {"text": "{{ secret }}{% raw %}"}, "{{ secret }}{% raw %}"),
    ],
)
def test_a_template_is_filled_in(text: str, variables: dict[str, Any], rendered: str) -> None:
    assert Template.compile(text).render(variables) == rendered


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{ gone }}", "undefined value"),
        ("{{ there.gone }}", "undefined value"),
        ("a\nb {{ gone }}", "line 2 of the template"),
        ("{{ there | nothing }}", "filter nothing is unknown"),
        ("{{ there | indent(999999999) }}", "filter indent is unknown"),
        ("{% include '/etc/passwd' %}", "non-existing template"),
        ("{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}", "fuel"),
        ("{{ 'a' * 1000001 }}", "more than 1000000 characters"),
    ],
)
def test_a_template_that_fails_says_why(text: str, reason: str) -> None:
    with pytest.raises(TemplateFault, match=reason):
        Template.compile(text).render({"there": {}})


def test_a_million_characters_may_come_out() -> None:
    assert len(Template.compile("{{ 'a' * 1000000 }}").render({})) == 1_000_000


def test_python_is_out_of_reach() -> None:
    with pytest.raises(TemplateFault):
        Template.compile("{{ there.__class__.__mro__ }}").render({"there": {"a": 1}})


def test_a_mistake_is_found_before_anything_runs() -> None:
    with pytest.raises(TemplateFault, match="syntax error"):
        Template.compile("a\n{{ b")
    assert Template.compile("{{ a.b }}{% for x in c %}{{ x }}{% endfor %}{{ range(3) }}").variables == {"a", "c"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ n }}", 1),
        (" {{ n + 1 }} ", 2),
        ("{{ items }}", [True, None]),
        ("{{ n }}{{ n }}", "11"),
        ("{{ none }}", None),
    ],
)
def test_one_expression_alone_keeps_its_type(text: str, value: object) -> None:
    assert Template.compile(text).value({"n": 1, "items": [True, None], "none": None}) == value


def test_one_expression_alone_must_be_there_too() -> None:
    with pytest.raises(TemplateFault, match="undefined value"):
        Template.compile("{{ gone }}").value({})


def test_texts_at_any_depth_are_templates() -> None:
    template = ValueTemplate.compile({"a": ["{{ n }}", 5, {"b": "x{{ n }}", "c": None}]})
    assert template.render({"n": 1}) == {"a": [1, 5, {"b": "x1", "c": None}]}
