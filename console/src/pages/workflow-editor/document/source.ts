/**
 * Changes of one place in a YAML text. `yaml` says where things stand; all around them stays letter by letter as it was
 * written: comments, order, quotes, blank lines. What a change needs and cannot keep is only the alias that it goes through.
 */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type ParsedNode,
  parseDocument,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { blockText, flowText, inLines } from "./render";

export type Path = readonly (string | number)[];
type Collection = YAMLMap.Parsed | YAMLSeq.Parsed;
type Member = Pair<ParsedNode, ParsedNode | null>;

/** Something is written in a way that is changed only by hand, such as a key with a question mark. */
export class CannotEdit extends Error {}

export function parse(text: string): Document.Parsed {
  return parseDocument(text, { keepSourceTokens: true, logLevel: "silent", prettyErrors: false });
}

/** The text with `value` at `path`; what is missing on the way is made, lists grow at their end. */
export function setIn(text: string, path: Path, value: unknown): string {
  text = withoutAliases(text, path);
  const document = parse(text);
  const found = chainOf(document, path);
  const last = found.at(-1);
  if (last === undefined || isEmptyScalar(document.contents)) {
    return `${text === "" || text.endsWith("\n") ? text : `${text}\n`}${entryText(path, value)}\n`;
  }
  if (found.length > path.length) {
    return replace(text, document, path, value);
  }
  const rest = path.slice(found.length - 1);
  const [key, ...inner] = rest;
  const nested = nest(inner, value);
  if (isCollection(last) && last.items.length > 0) {
    return isMap(last)
      ? appendPair(text, last, isFlow(found), String(key), nested)
      : insertItem(text, path.slice(0, found.length - 1), last.items.length, nested);
  }
  return replace(text, document, path.slice(0, found.length - 1), nest(rest, value));
}

/** The text with another item in a list, before the one that has this place now. */
export function insertItem(text: string, path: Path, index: number, value: unknown): string {
  text = withoutAliases(text, [...path, 0]);
  const found = chainOf(parse(text), path);
  const list = found.at(-1);
  if (found.length <= path.length || !isSeq(list) || list.items.length === 0) {
    return setIn(text, path, inLines([value]));
  }
  const items = list.items;
  const next = items[index];
  const last = items.at(-1);
  if (isFlow(found)) {
    return next === undefined
      ? splice(text, endOf(text, last), 0, `, ${flowText(value)}`)
      : splice(text, next.range[0], 0, `${flowText(value)}, `);
  }
  const column = columnOf(text, dashOf(list, 0));
  const written = isMap(last) && last.flow !== true ? blockText(inLines(value), column).trimStart() : flowText(value);
  const line = `${" ".repeat(column)}- ${written}`;
  return next === undefined
    ? splice(text, lineEnd(text, endOf(text, last)), 0, `\n${line}`)
    : splice(text, lineStart(text, dashOf(list, index)), 0, `${line}\n`);
}

/** The text without what stands at `path`. A collection that would be left empty goes with it. */
export function deleteIn(text: string, path: Path): string {
  text = withoutAliases(text, path);
  const document = parse(text);
  const found = chainOf(document, path);
  if (found.length <= path.length || path.length === 0) {
    return text;
  }
  const parent = found.at(-2);
  if (!isCollection(parent)) {
    return text;
  }
  if (parent.items.length === 1) {
    return path.length === 1 ? "" : deleteIn(text, path.slice(0, -1));
  }
  const [from, to] = rangeOf(text, parent, indexIn(parent, path.at(-1)), isFlow(found.slice(0, -1)));
  const standing = withCopies(text, document, from, to);
  return standing === text ? splice(text, from, to - from, "") : deleteIn(standing, path);
}

/** The text with another name for the key at `path`. */
export function renameKey(text: string, path: Path, name: string): string {
  text = withoutAliases(text, path);
  const map = chainOf(parse(text), path.slice(0, -1)).at(-1);
  const key = isMap(map) ? map.items[indexIn(map, path.at(-1))]?.key : undefined;
  if (key === undefined) {
    throw new CannotEdit(path.join("."));
  }
  return splice(text, key.range[0], key.range[1] - key.range[0], flowText(name));
}

/** Where the key or the item at `path` begins and its value ends. */
export function placeOf(text: string, path: Path): [number, number] | null {
  const document = parse(text);
  const found = chainOf(document, path);
  const value = found.at(-1);
  const parent = found.at(-2);
  if (found.length <= path.length || value === undefined || parent === undefined) {
    return null;
  }
  const member = isMap(parent) ? parent.items[indexIn(parent, path.at(-1))] : undefined;
  return [member?.key.range[0] ?? value.range[0], endOf(text, value)];
}

/** What stands at `path`, as lines that begin at the left; null: nothing does. */
export function sourceAt(text: string, path: Path): string | null {
  const found = chainOf(parse(text), path);
  const node = found.at(-1);
  if (found.length <= path.length || node === undefined) {
    return null;
  }
  const [start] = node.range;
  const source = text.slice(start, endOf(text, node));
  const column = columnOf(text, start);
  return isCollection(node) && node.flow !== true ? source.replaceAll(`\n${" ".repeat(column)}`, "\n") : source;
}

/** The text with these lines at `path`. Raises CannotEdit where they are no YAML. */
export function setSource(text: string, path: Path, source: string): string {
  text = withoutAliases(text, path);
  const document = parse(source);
  const found = chainOf(parse(text), path);
  const node = found.at(-1);
  const parent = found.at(-2);
  if (document.errors.length > 0 || found.length <= path.length || node === undefined || !isMap(parent)) {
    throw new CannotEdit(path.join("."));
  }
  const member = parent.items[indexIn(parent, path.at(-1))] as Member;
  const after = colonOf(member) + 1;
  const contents = document.contents;
  const inBlock = isCollection(contents) && contents.flow !== true && contents.items.length > 0;
  if (isFlow(found.slice(0, -1)) || !inBlock || text.slice(after, node.range[0]).trim() !== "") {
    return setIn(text, path, document.toJS());
  }
  const pad = " ".repeat(columnOf(text, member.key.range[0]) + 2);
  const lines = source.trimEnd().replaceAll(/^(?=.)/gm, pad);
  return splice(text, after, endOf(text, node) - after, `\n${lines}`);
}

// -- one change

function replace(text: string, document: Document.Parsed, path: Path, value: unknown): string {
  const found = chainOf(document, path);
  const node = found.at(-1);
  const parent = found.at(-2);
  if (node === undefined || !isCollection(parent)) {
    throw new CannotEdit(path.join("."));
  }
  const end = endOf(text, node);
  const inline = isFlow(found.slice(0, -1)) || text.slice(end, lineEnd(text, end)).trim() !== "";
  if (!isMap(parent)) {
    const column = columnOf(text, node.range[0]) - 2; // where a key would begin that had this as its value
    const block = !inline && isMap(node) && node.flow !== true;
    const written = block ? blockText(inLines(value), column).trimStart() : flowText(value);
    return splice(text, node.range[0], end - node.range[0], written);
  }
  const member = parent.items[indexIn(parent, path.at(-1))] as Member;
  const after = colonOf(member) + 1;
  if (text.slice(after, node.range[0]).trim() !== "") {
    return splice(text, node.range[0], end - node.range[0], flowText(value)); // behind an anchor or a comment
  }
  const written = inline ? ` ${flowText(value)}` : blockText(value, columnOf(text, member.key.range[0]));
  return splice(text, after, Math.max(end, after) - after, written);
}

function appendPair(text: string, map: YAMLMap.Parsed, flow: boolean, key: string, value: unknown): string {
  const last = map.items.at(-1) as Member;
  const end = endOf(text, last.value ?? last.key);
  if (flow) {
    return splice(text, end, 0, `, ${flowText(key)}: ${flowText(value)}`);
  }
  const column = columnOf(text, (map.items[0] as Member).key.range[0]);
  const line = `\n${" ".repeat(column)}${flowText(key)}:${blockText(value, column)}`;
  return splice(text, lineEnd(text, end), 0, line);
}

/** What is taken out with one member: its lines with the comment right above, or in `{…}` itself and a comma. */
function rangeOf(text: string, parent: Collection, index: number, flow: boolean): [number, number] {
  const starts = parent.items.map((item) => startOf(item));
  const item = parent.items[index] as Member | ParsedNode;
  const start = starts[index] ?? 0;
  const end = endOf(text, valueOf(item));
  const next = starts[index + 1];
  if (flow) {
    const before = parent.items[index - 1];
    return next === undefined && before !== undefined ? [endOf(text, valueOf(before)), end] : [start, next ?? end];
  }
  const first = isSeq(parent) ? dashOf(parent, index) : start;
  if (text.slice(lineStart(text, first), first).trim() !== "" && next !== undefined) {
    return [start, next]; // `- from: a`: the key shares its line with the dash
  }
  const from = index === 0 ? lineStart(text, first) : withComments(text, first);
  const to = lineEnd(text, end);
  return to === text.length && from > 0 ? [from - 1, to] : [from, to + 1];
}

/** The beginning of the lines of comment, indented alike, that stand right above. */
function withComments(text: string, at: number): number {
  const column = columnOf(text, at);
  let from = lineStart(text, at);
  while (from > 0) {
    const above = lineStart(text, from - 1);
    const line = text.slice(above, from);
    if (line.search(/\S/) !== column || line.charAt(column) !== "#") {
      break;
    }
    from = above;
  }
  return from;
}

// -- aliases

/** The text in which nothing on the way to `path` is an alias: a copy of what it stands for takes its place. */
function withoutAliases(text: string, path: Path): string {
  const document = parse(text);
  const found = chainOf(document, path);
  const alias = found.findIndex((node, depth) => isAlias(node) && depth < path.length);
  const node = found[alias];
  return node === undefined
    ? text
    : withoutAliases(replace(text, document, path.slice(0, alias), plain(node, document)), path);
}

/** The text in which aliases of what stands between `from` and `to` are copies, since that is about to go. */
function withCopies(text: string, document: Document.Parsed, from: number, to: number): string {
  let copied = text;
  let moved = 0;
  visit(document, {
    Alias(_, node) {
      const source = node.resolve(document);
      const at = node.range?.[0] ?? 0;
      const within = (place: number) => place >= from && place < to;
      if (source?.range != null && within(source.range[0]) && !within(at) && node.range != null) {
        const copy = flowText(source.toJS(document));
        copied = splice(copied, at + moved, node.range[1] - at, copy);
        moved += copy.length - (node.range[1] - at);
      }
    },
  });
  return copied;
}

function plain(node: ParsedNode, document: Document.Parsed): unknown {
  return node.toJS(document, { maxAliasCount: 100 });
}

// -- where things stand

/** The nodes from the top to `path`, as far as there are any. */
function chainOf(document: Document.Parsed, path: Path): ParsedNode[] {
  const found: ParsedNode[] = document.contents === null ? [] : [document.contents];
  for (const part of path) {
    const child = childOf(found.at(-1), part);
    if (child == null) {
      break;
    }
    found.push(child);
  }
  return found;
}

function childOf(node: ParsedNode | undefined, part: string | number): ParsedNode | null | undefined {
  if (isMap(node)) {
    return node.items[indexIn(node, part)]?.value;
  }
  return isSeq(node) && typeof part === "number" ? node.items[part] : undefined;
}

function indexIn(collection: Collection, part: string | number | undefined): number {
  if (isSeq(collection)) {
    return Number(part);
  }
  return collection.items.findIndex(({ key }) => isScalar(key) && String(key.value) === String(part));
}

function isFlow(chain: readonly ParsedNode[]): boolean {
  return chain.some((node) => isCollection(node) && node.flow === true);
}

function isEmptyScalar(node: ParsedNode | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function valueOf(item: Member | ParsedNode): ParsedNode {
  return "key" in item ? (item.value ?? item.key) : item;
}

function startOf(item: Member | ParsedNode): number {
  return "key" in item ? item.key.range[0] : item.range[0];
}

/** Where a value's last letter stands; comments and blank lines behind it are not its own. */
function endOf(text: string, node: ParsedNode | undefined): number {
  const last = isCollection(node) && node.flow !== true ? node.items.at(-1) : undefined;
  if (last !== undefined) {
    return endOf(text, valueOf(last));
  }
  let end = node?.range[1] ?? 0;
  while (text.charAt(end - 1) === "\n" && end > (node?.range[0] ?? 0)) {
    end -= 1;
  }
  return end;
}

function colonOf({ srcToken, key }: Member): number {
  const colon = srcToken?.sep?.find(({ type }) => type === "map-value-ind");
  if (colon === undefined || srcToken?.start.some(({ type }) => type === "explicit-key-ind")) {
    throw new CannotEdit(String(key));
  }
  return colon.offset;
}

function dashOf(list: YAMLSeq, index: number): number {
  const token = list.srcToken?.type === "block-seq" ? list.srcToken.items[index] : undefined;
  const dash = token?.start.find(({ type }) => type === "seq-item-ind");
  if (dash === undefined) {
    throw new CannotEdit(String(index));
  }
  return dash.offset;
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

function columnOf(text: string, at: number): number {
  return at - lineStart(text, at);
}

function splice(text: string, at: number, length: number, written: string): string {
  return text.slice(0, at) + written + text.slice(at + length);
}

function nest(path: Path, value: unknown): unknown {
  return path.reduceRight<unknown>(
    (inner, part) => inLines(typeof part === "number" ? [inner] : { [part]: inner }),
    value,
  );
}

function entryText(path: Path, value: unknown): string {
  const [key, ...inner] = path;
  return `${flowText(String(key))}:${blockText(nest(inner, value), 0)}`;
}
