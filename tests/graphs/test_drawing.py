"""A workflow drawn: as Mermaid, in a terminal."""

from flowdeck.graphs.drawing import mermaid, terminal
from tests.graphs.workflows import define

LOOP = """
    name: loop
    state: {n: {type: integer, default: 0}, end: {type: any}}
    entry: split
    nodes:
      split: {type: condition, cases: [{when: 'n > 1 && "a" < "b"', to: left}], default: right}
      left: {type: transform, description: Counts., set: {n: n + 1}}
      right: {type: human, question: Q}
    edges:
      - {from: left, to: split, when: n < 9}
      - {from: left, to: END}
      - {from: right, to: END}
"""


def test_mermaid_has_every_node_and_edge_and_no_markup_of_conditions() -> None:
    assert mermaid(define(LOOP).outline()) == (
        "flowchart TD\n"
        '    n0(["START"])\n'
        '    n1{"split<br/>condition"}\n'
        '    n2["left<br/>transform"]\n'
        '    n3[/"right<br/>human"/]\n'
        '    n4(["END"])\n'
        "    n0 --> n1\n"
        '    n1 -->|"n #gt; 1 #38;#38; #quot;a#quot; #lt; #quot;b#quot;"| n2\n'
        "    n1 --> n3\n"
        '    n2 -->|"n #lt; 9"| n1\n'
        "    n2 --> n4\n"
        "    n3 --> n4\n"
    )


def test_the_terminal_shows_boxes_and_the_ways_that_lead_on() -> None:
    assert terminal(define(LOOP).outline()) == (
        "●\n"
        "  └──▶ split\n"
        "╭───────╮\n"
        "│ split │  condition\n"
        "╰───────╯\n"
        '  ├─ n > 1 && "a" < "b" ─▶ left\n'
        "  └─ otherwise ─▶ right\n"
        "╭──────╮\n"
        "│ left │  transform: Counts.\n"
        "╰──────╯\n"
        "  ├─ n < 9 ─▶ split  ↺\n"
        "  └─ otherwise ─▶ END\n"
        "╭───────╮\n"
        "│ right │  human\n"
        "╰───────╯\n"
        "  └──▶ END\n"
        "◉ END\n"
    )
