import { describe, expect, test } from "vitest";
import {
  addNode,
  connect,
  deleteNode,
  disconnect,
  moveUp,
  reconnect,
  renameNode,
  setCondition,
  setSetting,
} from "./edits";
import { readWorkflow, type Way } from "./workflow";

const LLM = { model: "default", system: "You are a helpful assistant." };
const HUMAN = { question: "Shall it go on?", choices: ["yes", "no"] };
const CONDITION = { cases: [], default: "END" };
const SUBWORKFLOW = { workflow: "chat.yaml" };

const TRIAGE = `# Sorts mail.
name: triage   # short
state:
  messages: {type: messages}
  label: { type: string, default: "" }
entry: classify

nodes:
  # the first look
  classify:
    type: llm
    system: 'Sort the mail.'   # terse on purpose
    output: {label: label}
  # where it goes
  route:
    type: condition
    cases:
      - {when: label == 'complaint', to: draft}
    default: END
  draft: {type: llm, system: "Write a polite answer."}

  send:
    type: tool
    tool: outbox
    args: {text: "{{ messages[-1].content }}"}
edges:
  - {from: classify, to: route}
  # only after somebody has read it
  - from: draft
    to: send
    when: "label != ''"
  - {from: draft, to: END}
  - {from: send, to: END}
limits: {steps: 50}
`;

function waysOf(text: string): readonly Way[] {
  const reading = readWorkflow(text);
  return reading.kind === "graph" ? reading.workflow.ways : [];
}

function drawn(text: string): string[] {
  return waysOf(text).map(({ from, to, when }) => `${from}>${to}${when == null ? "" : ` ${when}`}`);
}

function way(text: string, from: string, to: string): Way {
  const found = waysOf(text).find((one) => one.from === from && one.to === to);
  if (found === undefined) {
    throw new Error(`no way from ${from} to ${to}`);
  }
  return found;
}

/** The lines that are in one text only, marked as `diff` marks them. */
function changed(before: string, after: string): string[] {
  const without = (lines: string, others: string) =>
    others.split("\n").reduce((left, line) => {
      const at = left.indexOf(line);
      return at < 0 ? left : left.toSpliced(at, 1);
    }, lines.split("\n"));
  return [...without(before, after).map((line) => `-${line}`), ...without(after, before).map((line) => `+${line}`)];
}

describe("reading", () => {
  test("ways come in the server's order: the entry, then node by node as they are tried", () => {
    expect(drawn(TRIAGE)).toEqual([
      "START>classify",
      "classify>route",
      "route>draft label == 'complaint'",
      "route>END",
      "draft>send label != ''",
      "draft>END",
      "send>END",
    ]);
  });

  test("a text that is no mapping, a Python graph and the older form are told apart", () => {
    expect(readWorkflow("name: [").kind).toBe("broken");
    expect(readWorkflow("- a\n- b").kind).toBe("broken");
    expect(readWorkflow("name: a\nname: b").kind).toBe("broken");
    expect(readWorkflow("name: a\ngraph: mine.graphs:build").kind).toBe("python");
    expect(readWorkflow("nodes: {a: {type: llm_node}}").kind).toBe("older");
    expect(readWorkflow("entry_point: a").kind).toBe("older");
    expect(readWorkflow("").kind).toBe("graph");
  });

  test("aliases without bounds and brackets without end are broken, not the end of the page", () => {
    const bomb = [
      "a: &a [x]",
      ..."bcdefghi".split("").map((name, at) => `${name}: &${name} [${`*${"abcdefgh"[at] ?? ""},`.repeat(9)}]`),
    ];
    expect(readWorkflow(bomb.join("\n")).kind).toBe("broken");
    expect(readWorkflow(`a: ${"[".repeat(20_000)}`).kind).toBe("broken");
  });

  test("halves of what is still being typed are read as far as they go", () => {
    expect(drawn("entry: a\nnodes:\n  a:\nedges:\n  - {from: a}\n  -\n")).toEqual(["START>a", "a>", ">"]);
  });
});

describe("adding", () => {
  test("a node comes after the others, and nothing else changes", () => {
    const { text, name } = addNode(TRIAGE, "llm", LLM);
    expect(name).toBe("llm");
    expect(changed(TRIAGE, text)).toEqual([
      "+  llm:",
      "+    type: llm",
      "+    model: default",
      "+    system: You are a helpful assistant.",
    ]);
  });

  test("it gets a name that neither a node nor a field has", () => {
    const text = "state: {llm: {type: string}}\nentry: llm-2\nnodes:\n  llm-2: {type: llm}\n";
    expect(addNode(text, "llm", LLM).name).toBe("llm-3");
  });

  test("the first node of an empty workflow is its entry", () => {
    const { text } = addNode("name: mine # so far\n", "human", HUMAN);
    expect(text).toBe(
      "name: mine # so far\nnodes:\n  human:\n    type: human\n    question: Shall it go on?\n    choices: [yes, no]\nentry: human\n",
    );
    expect(addNode("", "llm", LLM).text).toContain("entry: llm\n");
  });

  test("in flow style it stands in the same line", () => {
    const { text } = addNode("entry: a\nnodes: {a: {type: llm}} # all\n", "condition", CONDITION);
    expect(text).toBe(
      "entry: a\nnodes: {a: {type: llm}, condition: {type: condition, cases: [], default: END}} # all\n",
    );
  });

  test("an empty mapping and one without a value are begun", () => {
    expect(addNode("entry: a\nnodes: {}\nedges: []\n", "subworkflow", SUBWORKFLOW).text).toBe(
      "entry: a\nnodes:\n  subworkflow:\n    type: subworkflow\n    workflow: chat.yaml\nedges: []\n",
    );
    expect(addNode("entry: a\nnodes:\nedges: []\n", "subworkflow", SUBWORKFLOW).text).toContain(
      "nodes:\n  subworkflow:\n    type",
    );
  });
});

describe("connecting", () => {
  test("a way comes last", () => {
    const { text } = addNode(TRIAGE, "llm", LLM);
    expect(changed(text, connect(text, "llm", "END"))).toEqual(["+  - {from: llm, to: END}"]);
  });

  test("behind one that always holds nothing is reached: it comes before it, and wants a condition", () => {
    const text = connect(TRIAGE, "draft", "classify");
    expect(changed(TRIAGE, text)).toEqual(['+  - {from: draft, to: classify, when: ""}']);
    expect(drawn(text).filter((one) => one.startsWith("draft"))).toEqual([
      "draft>send label != ''",
      "draft>classify ",
      "draft>END",
    ]);
  });

  test("from a condition node it is a case, or the way that is left", () => {
    expect(changed(TRIAGE, connect(TRIAGE, "route", "send"))).toEqual(['+      - {when: "", to: send}']);
    const bare = "entry: c\nnodes:\n  c: {type: condition}\n  d: {type: llm}\n";
    expect(connect(bare, "c", "d")).toContain("c: {type: condition, default: d}");
    expect(connect(connect(bare, "c", "d"), "c", "END")).toContain(
      'c: {type: condition, default: d, cases: [{when: "", to: END}]}',
    );
  });

  test("from the start it is the entry", () => {
    expect(changed(TRIAGE, connect(TRIAGE, "START", "draft"))).toEqual(["-entry: classify", "+entry: draft"]);
  });

  test("the first edge of all makes the list", () => {
    expect(connect("entry: a\nnodes: {a: {type: llm}}\n", "a", "END")).toBe(
      "entry: a\nnodes: {a: {type: llm}}\nedges:\n  - {from: a, to: END}\n",
    );
    expect(connect("entry: a\nnodes: {a: {type: llm}}\nedges: []\n", "a", "END")).toContain("{from: a, to: END}");
    expect(connect("nodes: {a: {type: llm}}\nedges: [{from: b, to: a}]\n", "a", "END")).toContain(
      "edges: [{from: b, to: a}, {from: a, to: END}]\n",
    );
  });

  test("a list in block style goes on in block style", () => {
    const text = "nodes: {a: {type: llm}, b: {type: llm}}\nedges:\n- from: a\n  to: b # on\n\nlimits: {steps: 5}\n";
    expect(connect(text, "b", "END")).toBe(
      "nodes: {a: {type: llm}, b: {type: llm}}\nedges:\n- from: a\n  to: b # on\n- from: b\n  to: END\n\nlimits: {steps: 5}\n",
    );
  });

  test("the head of a way is moved", () => {
    expect(changed(TRIAGE, reconnect(TRIAGE, way(TRIAGE, "send", "END"), "draft"))).toEqual([
      "-  - {from: send, to: END}",
      "+  - {from: send, to: draft}",
    ]);
    expect(changed(TRIAGE, reconnect(TRIAGE, way(TRIAGE, "route", "END"), "send"))).toEqual([
      "-    default: END",
      "+    default: send",
    ]);
  });
});

describe("conditions", () => {
  test("one is set, changed and taken off", () => {
    const set = setCondition(TRIAGE, way(TRIAGE, "send", "END"), "size(messages) > 1, true");
    expect(changed(TRIAGE, set)).toEqual([
      "-  - {from: send, to: END}",
      '+  - {from: send, to: END, when: "size(messages) > 1, true"}',
    ]);
    expect(setCondition(set, way(set, "send", "END"), null)).toBe(TRIAGE);
    const other = setCondition(TRIAGE, way(TRIAGE, "draft", "send"), "label == 'other'");
    expect(changed(TRIAGE, other)).toEqual([`-    when: "label != ''"`, "+    when: label == 'other'"]);
    expect(changed(TRIAGE, setCondition(TRIAGE, way(TRIAGE, "draft", "send"), null))).toEqual([
      `-    when: "label != ''"`,
    ]);
  });

  test("two ways trade places", () => {
    const text = connect(TRIAGE, "draft", "classify");
    const moved = moveUp(text, way(text, "draft", "classify"));
    expect(drawn(moved).filter((one) => one.startsWith("draft"))).toEqual([
      "draft>classify ",
      "draft>send label != ''",
      "draft>END",
    ]);
    expect(moveUp(TRIAGE, way(TRIAGE, "route", "END"))).toBe(TRIAGE);
  });
});

describe("renaming", () => {
  test("follows the node to wherever it is named, and touches nothing else", () => {
    expect(changed(TRIAGE, renameNode(TRIAGE, "draft", "write"))).toEqual([
      "-      - {when: label == 'complaint', to: draft}",
      '-  draft: {type: llm, system: "Write a polite answer."}',
      "-  - from: draft",
      "-  - {from: draft, to: END}",
      "+      - {when: label == 'complaint', to: write}",
      '+  write: {type: llm, system: "Write a polite answer."}',
      "+  - from: write",
      "+  - {from: write, to: END}",
    ]);
    expect(changed(TRIAGE, renameNode(TRIAGE, "classify", "true"))).toEqual([
      "-entry: classify",
      "-  classify:",
      "-  - {from: classify, to: route}",
      '+entry: "true"',
      '+  "true":',
      '+  - {from: "true", to: route}',
    ]);
  });
});

describe("deleting", () => {
  test("a node goes with its comment, its edges and the cases that lead to it", () => {
    expect(changed(TRIAGE, deleteNode(TRIAGE, "route"))).toEqual([
      "-  # where it goes",
      "-  route:",
      "-    type: condition",
      "-    cases:",
      "-      - {when: label == 'complaint', to: draft}",
      "-    default: END",
      "-  - {from: classify, to: route}",
    ]);
    expect(changed(TRIAGE, deleteNode(TRIAGE, "draft"))).toEqual([
      "-    cases:",
      "-      - {when: label == 'complaint', to: draft}",
      '-  draft: {type: llm, system: "Write a polite answer."}',
      "-  # only after somebody has read it",
      "-  - from: draft",
      "-    to: send",
      `-    when: "label != ''"`,
      "-  - {from: draft, to: END}",
    ]);
  });

  test("where a run began, it begins with what followed", () => {
    const text = deleteNode(TRIAGE, "classify");
    expect(text).toContain("\nentry: route\n");
    expect(drawn(text)[0]).toBe("START>route");
  });

  test("of the last node nothing is left behind", () => {
    expect(deleteNode("name: a\nentry: b\nnodes:\n  b: {type: llm}\nedges:\n  - {from: b, to: END}\n", "b")).toBe(
      "name: a\n",
    );
  });

  test("in flow style its comma goes too", () => {
    const text =
      "entry: a\nnodes: {a: {type: llm}, b: {type: llm}, c: {type: llm}}\nedges: [{from: a, to: b}, {from: b, to: c}]\n";
    expect(deleteNode(text, "b")).toBe("entry: a\nnodes: {a: {type: llm}, c: {type: llm}}\n");
    expect(deleteNode(text, "c")).toBe(
      "entry: a\nnodes: {a: {type: llm}, b: {type: llm}}\nedges: [{from: a, to: b}]\n",
    );
  });

  test("what an anchor named is copied to where it was meant", () => {
    const text =
      "entry: b\nnodes:\n  a: &base {type: llm, system: Be brief.}\n  b: *base\n  c: {type: llm, system: &s x, prompt: *s}\n";
    expect(deleteNode(text, "a")).toBe(
      "entry: b\nnodes:\n  b: {type: llm, system: Be brief.}\n  c: {type: llm, system: &s x, prompt: *s}\n",
    );
  });

  test("a way", () => {
    expect(changed(TRIAGE, disconnect(TRIAGE, way(TRIAGE, "draft", "END")))).toEqual(["-  - {from: draft, to: END}"]);
    expect(changed(TRIAGE, disconnect(TRIAGE, way(TRIAGE, "route", "END")))).toEqual(["-    default: END"]);
  });
});

describe("settings", () => {
  test("one is changed in its place, with the comment beside it", () => {
    expect(changed(TRIAGE, setSetting(TRIAGE, "classify", "system", "Sort."))).toEqual([
      "-    system: 'Sort the mail.'   # terse on purpose",
      "+    system: Sort.   # terse on purpose",
    ]);
  });

  test("lines never run into a comment", () => {
    const text = setSetting(TRIAGE, "classify", "system", "One.\nTwo.");
    expect(text).toContain('system: "One.\\nTwo."   # terse on purpose');
  });

  test("several lines are a block, which is taken back whole", () => {
    const text = setSetting(TRIAGE, "send", "description", "One.\n\n  Two: {x}");
    expect(text).toContain("    description: |-\n      One.\n\n        Two: {x}\nedges:");
    expect(setSetting(text, "send", "description", "Short")).toContain("    description: Short\nedges:");
    expect(setSetting(text, "send", "description", undefined)).toBe(TRIAGE);
  });

  test("in flow style too", () => {
    expect(setSetting(TRIAGE, "draft", "temperature", 0.5)).toContain(
      'draft: {type: llm, system: "Write a polite answer.", temperature: 0.5}',
    );
    expect(setSetting(TRIAGE, "draft", "system", undefined)).toContain("draft: {type: llm}\n");
    expect(setSetting(TRIAGE, "draft", "system", "{a}\nb")).toContain('draft: {type: llm, system: "{a}\\nb"}');
  });

  test("a key without a value gets one", () => {
    expect(setSetting("nodes:\n  a:\n    type: llm\n    model:\n    system: x\n", "a", "model", "fast")).toContain(
      "    model: fast\n    system: x\n",
    );
  });

  test("texts that look like something else stay texts", () => {
    expect(setSetting(TRIAGE, "send", "args", { text: "{{ label }}", n: "5", yes: "true" })).toContain(
      'args: {text: "{{ label }}", n: "5", yes: "true"}\n',
    );
  });

  test("of a node that is an alias, the copy is changed and the original stays", () => {
    const text = "nodes:\n  a: &base {type: llm, model: m}\n  b: *base\nedges: []\n";
    expect(setSetting(text, "b", "model", "n")).toBe(
      "nodes:\n  a: &base {type: llm, model: m}\n  b: {type: llm, model: n}\nedges: []\n",
    );
    expect(setSetting(text, "a", "model", "n")).toContain("a: &base {type: llm, model: n}\n  b: *base");
  });
});
