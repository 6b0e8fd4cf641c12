/** What is done to a graph, as changes of its text. Each takes a text in today's form and gives the text after it. */
import { deleteIn, insertItem, type Path, renameKey, setIn } from "./source";
import { END, readWorkflow, START, type Way, type Workflow } from "./workflow";
import { inLines } from "./render";

/** The text with a new node of this type, and the name that it got. The first node is where a run begins. */
export function addNode(
  text: string,
  type: string,
  startsWith: Readonly<Record<string, unknown>>,
): { text: string; name: string } {
  const { nodes, fields, entry } = graphOf(text);
  const taken = new Set([...nodes.map(({ id }) => id), ...fields.map(({ name }) => name)]);
  const name = freeName(type, taken);
  const added = setIn(text, ["nodes", name], inLines({ type, ...startsWith }));
  return { name, text: entry === "" ? setIn(added, ["entry"], name) : added };
}

/** The text without a node and without the ways from it and to it. */
export function deleteNode(text: string, name: string): string {
  const { entry, ways } = graphOf(text);
  const without = ways
    .filter(({ from, to }) => from !== START && (from === name || to === name))
    .filter(({ from, path }) => from !== name || path[0] === "edges")
    .reverse() // places in lists stay right from the end
    .reduce((rest, { path }) => deleteIn(rest, path), text);
  const next = ways.find(({ from, to }) => from === name && to !== name && to !== END)?.to;
  const begun =
    entry !== name ? without : next === undefined ? deleteIn(without, ["entry"]) : setIn(without, ["entry"], next);
  return deleteIn(begun, ["nodes", name]);
}

/** The text in which a node has another name, wherever it is named. */
export function renameNode(text: string, from: string, to: string): string {
  const { ways } = graphOf(text);
  const renamed = ways.reduce((rest, way) => {
    const led = way.to === from ? setIn(rest, targetPath(way), to) : rest;
    return way.from === from && way.path[0] === "edges" ? setIn(led, [...way.path, "from"], to) : led;
  }, text);
  return renameKey(renamed, ["nodes", from], to);
}

/**
 * The text with a way from one node to another. Where one that always holds leads on already, the new one comes before
 * it, with a condition that is still to be written.
 */
export function connect(text: string, from: string, to: string): string {
  const { nodes, ways } = graphOf(text);
  if (from === START) {
    return setIn(text, ["entry"], to);
  }
  const others = ways.filter((way) => way.from === from);
  if (nodes.find(({ id }) => id === from)?.type === "condition") {
    return others.some(({ when }) => when == null)
      ? setIn(text, ["nodes", from, "cases", casesIn(others)], { when: "", to })
      : setIn(text, ["nodes", from, "default"], to);
  }
  const always = others.find(({ when }) => when == null);
  return always === undefined
    ? insertItem(text, ["edges"], edgesIn(ways), { from, to })
    : insertItem(text, ["edges"], Number(always.path[1]), { from, to, when: "" });
}

/** The text in which a way leads to another node. */
export function reconnect(text: string, way: Way, to: string): string {
  return setIn(text, targetPath(way), to);
}

export function disconnect(text: string, way: Way): string {
  return deleteIn(text, way.path);
}

/** The text in which a way has this condition; null: it always holds. */
export function setCondition(text: string, way: Way, when: string | null): string {
  return when === null ? deleteIn(text, [...way.path, "when"]) : setIn(text, [...way.path, "when"], when);
}

/** The text in which a way is tried before the one that is tried before it now; the two trade places. */
export function moveUp(text: string, way: Way): string {
  const { ways } = graphOf(text);
  const place = ways.findIndex(({ path }) => path.join() === way.path.join());
  const before = ways[place - 1];
  const moved = ways[place];
  if (before === undefined || moved === undefined || !canTrade(before, moved)) {
    return text;
  }
  const content = ({ from, to, when }: Way) =>
    moved.path[0] === "edges" ? { from, to, ...(when == null ? {} : { when }) } : { when, to };
  return setIn(setIn(text, before.path, content(moved)), moved.path, content(before));
}

/** Whether both ways of a node stand in the same list. */
export function canTrade(one: Way | undefined, other: Way): boolean {
  const list = (path: Path) => path.slice(0, -1).join();
  return (
    one?.from === other.from &&
    one.path.length > 1 &&
    typeof one.path.at(-1) === "number" &&
    list(one.path) === list(other.path)
  );
}

/** The text in which a node has this setting; undefined: it has it no longer. */
export function setSetting(text: string, node: string, key: string, value: unknown): string {
  const path = ["nodes", node, key];
  return value === undefined ? deleteIn(text, path) : setIn(text, path, value);
}

/** Whether a way is a case of a condition node, which has a condition always. */
export function isCase({ path }: Way): boolean {
  return path[0] === "nodes" && path[2] === "cases";
}

export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    if (!taken.has(name)) {
      return name;
    }
  }
}

function targetPath({ path }: Way): Path {
  return path.length === 1 || path.at(-1) === "default" ? path : [...path, "to"];
}

function casesIn(ways: readonly Way[]): number {
  return ways.filter(isCase).length;
}

function edgesIn(ways: readonly Way[]): number {
  return ways.filter(({ path }) => path[0] === "edges").length;
}

function graphOf(text: string): Workflow {
  const reading = readWorkflow(text);
  if (reading.kind !== "graph") {
    throw new Error(`no graph to change: ${reading.kind}`);
  }
  return reading.workflow;
}
