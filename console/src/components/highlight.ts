/** Code as pieces that are coloured by what they are. It is loaded with the first code that is shown. */
import { jsonLanguage } from "@codemirror/lang-json";
import { yamlLanguage } from "@codemirror/lang-yaml";
import { highlightCode, tagHighlighter, tags } from "@lezer/highlight";

export type Kind = "name" | "text" | "value" | "comment";

export interface Piece {
  text: string;
  kind: Kind | null;
}

const LANGUAGES = { json: jsonLanguage, yaml: yamlLanguage } as const;

export type Highlighted = keyof typeof LANGUAGES;

export function isHighlighted(language: string | undefined): language is Highlighted {
  return language !== undefined && language in LANGUAGES;
}

const KINDS = tagHighlighter([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], class: "name" },
  { tag: [tags.string, tags.attributeValue, tags.special(tags.string)], class: "text" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword, tags.labelName, tags.typeName], class: "value" },
  { tag: tags.comment, class: "comment" },
]);

export function piecesOf(code: string, language: Highlighted): Piece[] {
  const pieces: Piece[] = [];
  highlightCode(
    code,
    LANGUAGES[language].parser.parse(code),
    KINDS,
    (text, kind) => pieces.push({ text, kind: kind === "" ? null : (kind as Kind) }),
    () => pieces.push({ text: "\n", kind: null }),
  );
  return pieces;
}
