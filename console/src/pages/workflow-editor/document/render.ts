/** Values as YAML text: short things in one line, the rest in blocks. */
import { Document, isCollection, type Node, visit } from "yaml";

const STYLE = { lineWidth: 0, flowCollectionPadding: false } as const;
const SHORT = 72;

/** In one line, as it may stand within `{…}`. */
export function flowText(value: unknown): string {
  const document = new Document([value]);
  visit(document, {
    Collection(_, node) {
      node.flow = true;
    },
    Scalar(_, node) {
      if (typeof node.value === "string" && node.value.includes("\n")) {
        node.type = "QUOTE_DOUBLE";
      }
    },
  });
  const text = document.toString({ ...STYLE, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER });
  return text.trimEnd().slice(1, -1);
}

/**
 * What stands behind `key:` where the key begins in this column: " value", or lines that are indented below it.
 * A collection that is short is one line, unless it is a YAML node whose `flow` is false.
 */
export function blockText(value: unknown, column: number): string {
  if (typeof value === "string" && value.endsWith("\n\n")) {
    return ` ${flowText(value)}`;
  }
  const document = new Document({ k: value });
  visit(document, {
    Collection(_, node) {
      if (node === document.contents || node.flow === false || !isShort(node, document)) {
        return undefined;
      }
      node.flow = true;
      return visit.SKIP;
    },
  });
  const text = document.toString(STYLE).slice("k:".length).trimEnd();
  return text.replaceAll(/\n(?=[^\n])/g, `\n${" ".repeat(column)}`);
}

function isShort(node: Node, document: Document): boolean {
  const text = JSON.stringify(node.toJS(document));
  return text.length <= SHORT && !text.includes("\\n");
}

/** A mapping or a list that is written in lines of its own, however short it is. */
export function inLines(value: unknown): Node {
  const node = new Document().createNode(value);
  if (isCollection(node)) {
    node.flow = false;
  }
  return node;
}
