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
        ("{{ gone }}", "^undefined: gone$"),
        ("{{ there.gone }}", "^undefined: there.gone$"),
        ("{{ there.gone.further }}", "^undefined: there.gone$"),
        ("{{ there['gone'] | upper }}", r"^undefined: there\['gone'\]$"),
        ("a\nb {{ there.gone }}", r"^undefined: there.gone \(line 2 of the template\)$"),
        ("{{ 1 + there.gone }}", "`there.gone` is undefined"),
        ("a\nb {{ gone }}", "line 2 of the template"),
        ("{{ there | indent(999999999) }}", "there is no filter indent"),
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
    for text, reason in (("{{ gone }}", "^undefined: gone$"), ("{{ there.gone.x }}", "^undefined: there.gone$")):
        with pytest.raises(TemplateFault, match=reason):
            Template.compile(text).value({"there": {}})


def test_a_failure_holds_none_of_the_variables() -> None:
    with pytest.raises(TemplateFault) as caught:
        Template.compile("{{ there.gone }}").render({"there": {"token": "SECRET"}})
    error: BaseException | None = caught.value
    while error is not None:
        assert "SECRET" not in str(error)
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{ x | nosuch }}", "^there is no filter nosuch; available: abs, attr, "),
        ("{{ x | uper }}", "^there is no filter uper; did you mean upper"),
        ("{% if false %}\n{{ x | nosuch }}{% endif %}", r"there is no filter nosuch.*\(line 2 of the template\)$"),
        ("{% filter nosuch %}x{% endfilter %}", "no filter nosuch"),
        ("{% if x | nosuch %}{% endif %}", "no filter nosuch"),
        ("{{ xs | map('nosuch') }}", "no filter nosuch"),
        ("{{ x is nosuch }}", "^there is no test nosuch; available: "),
        ("{% if x is not definde %}{% endif %}", "no test definde; did you mean defined"),
        ("{{ xs | select('nosuch') }}", "no test nosuch"),
        ("{{ xs | rejectattr('a', 'nosuch') }}", "no test nosuch"),
        ("{{ nosuch(1) }}", "^there is no function nosuch; available: cycler, dict, joiner, namespace, range$"),
        ("{{ 'a' ~ nosuch (1) }}", "no function nosuch"),
        ("{% include '/etc/passwd' %}", "^include is not available"),
        ("{%- import 'a' as b %}", "^import is not available"),
        ("{% from 'a' import b %}", "^from is not available"),
        ("{% extends 'a' %}", "^extends is not available"),
    ],
)
def test_an_unknown_name_is_found_before_anything_runs(text: str, reason: str) -> None:
    with pytest.raises(TemplateFault, match=reason):
        Template.compile(text)


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'x | nosuch' }}{{ \"is nosuch }} {{ nosuch(1)\" }}",
        "{% raw %}{{ x | nosuch }}{% endraw %}{# {{ x | nosuch }} #} x | nosuch, x is nosuch, nosuch(1)",
        "{% macro greet(name) %}{{ name | upper }}{% endmacro %}{{ greet('a') }}{% call greet('b') %}{% endcall %}",
        "{% for item in xs if (item is defined and not (item is none)) %}{{ loop.cycle('a', 'b') }}{% endfor %}",
        "{{ x.items() }}{{ (1 + 2) }}{{ x is divisibleby(3) }}{{ xs | map('upper') | select('string') | list | json }}",
        "{{ range(3) }}{{ dict(a=1) }}{% set f = 1 %}{{ x if x is in [1] else ('a') }}",
        "{% block a %}{{ super() }}{% endblock %}{{ self.a() }}",
        "{% set c = cycler(['a']) %}{{ c.next() }}",
    ],
)
def test_what_is_known_is_taken(text: str) -> None:
    assert Template.compile(text).variables <= {"x", "xs"}


def test_texts_at_any_depth_are_templates() -> None:
    template = ValueTemplate.compile({"a": ["{{ n }}", 5, {"b": "x{{ n }}", "c": None}]})
    assert template.render({"n": 1}) == {"a": [1, 5, {"b": "x1", "c": None}]}
