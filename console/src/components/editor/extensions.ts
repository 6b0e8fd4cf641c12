/** CodeMirror for YAML in the console's colours, which follow the scheme by themselves. */
import { indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { lintGutter } from "@codemirror/lint";
import type { Extension } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { basicSetup } from "codemirror";
import { pageNonce } from "@/app/nonce";

const highlighting = HighlightStyle.define([
  { tag: tags.definition(tags.propertyName), color: "var(--mantine-color-anchor)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--flowdeck-good)" },
  { tag: tags.comment, color: "var(--mantine-color-dimmed)", fontStyle: "italic" },
  { tag: [tags.labelName, tags.typeName, tags.keyword, tags.bool, tags.number], color: "var(--flowdeck-waiting)" },
  { tag: [tags.punctuation, tags.separator, tags.bracket], color: "var(--mantine-color-dimmed)" },
]);

const surface = "var(--mantine-color-body)";
const border = "1px solid var(--mantine-color-default-border)";
const selection = "color-mix(in srgb, var(--mantine-primary-color-filled) 28%, transparent)";

const theme = EditorView.theme({
  "&": { height: "100%", fontSize: "0.8125rem", backgroundColor: surface, color: "var(--mantine-color-text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mantine-font-family-monospace)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--mantine-color-text)", paddingBottom: "4rem" },
  ".cm-cursor": { borderLeftColor: "var(--mantine-color-text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: selection,
  },
  ".cm-activeLine, .cm-activeLineGutter": {
    backgroundColor: "color-mix(in srgb, var(--flowdeck-hover) 60%, transparent)",
  },
  ".cm-gutters": { backgroundColor: surface, color: "var(--mantine-color-dimmed)", border: "none" },
  // CodeMirror's own mark is a sign that few fonts have.
  ".cm-collapsedLines:before, .cm-collapsedLines:after": { content: '"⋯"' },
  ".cm-foldPlaceholder": { backgroundColor: "var(--flowdeck-hover)", border, color: "var(--mantine-color-dimmed)" },
  ".cm-selectionMatch, .cm-searchMatch": { backgroundColor: selection },
  ".cm-matchingBracket": { backgroundColor: "var(--flowdeck-hover) !important", outline: border },
  ".cm-panels": { backgroundColor: "var(--flowdeck-sidebar)", color: "var(--mantine-color-text)", border: "none" },
  ".cm-tooltip": { backgroundColor: surface, border, borderRadius: "var(--mantine-radius-sm)" },
  ".cm-tooltip-lint": { maxWidth: "32rem" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--flowdeck-bad)" },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--flowdeck-bad) 1px",
    textUnderlineOffset: "3px",
  },
});

/** Chromium keeps the colour of what is typed over, by a style attribute that the page's policy forbids. */
const typedOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { main } = view.state.selection;
    const { data, inputType } = event;
    if (inputType !== "insertText" || data === null || main.empty || view.composing) {
      return false;
    }
    event.preventDefault();
    const insert = () => view.state.update(view.state.replaceSelection(data), { userEvent: "input.type" });
    const handlers = view.state.facet(EditorView.inputHandler);
    if (!handlers.some((handle) => handle(view, main.from, main.to, data, insert))) {
      view.dispatch(insert(), { scrollIntoView: true });
    }
    return true;
  },
});

/** What every YAML text has; `labelledBy` and `describedBy` are ids of elements that say what it is. */
export function yamlExtensions(labelledBy: string, describedBy: string): Extension {
  return [
    EditorView.cspNonce.of(pageNonce()),
    EditorView.contentAttributes.of({
      "aria-labelledby": labelledBy,
      "aria-describedby": describedBy,
      tabindex: "0", // also where the text is only read, so that it is scrolled by keys
    }),
    basicSetup,
    typedOver,
    keymap.of([indentWithTab]),
    yaml(),
    EditorView.lineWrapping,
    lintGutter(),
    syntaxHighlighting(highlighting),
    theme,
  ];
}
