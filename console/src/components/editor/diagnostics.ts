/** The server's mistakes as marks in the text. */
import type { Diagnostic } from "@codemirror/lint";
import type { Text } from "@codemirror/state";
import type { Schemas } from "@/api/client";

export type Mistake = Schemas["ProblemPlaceResponse"];

/** Whether a mistake stands in the file of this path, and not in one that it reaches. */
export function isWithin(path: string, { file }: Mistake): boolean {
  const name = path.slice(path.indexOf("/"));
  return file == null || file === path || file.endsWith(name);
}

export function diagnosticsOf(text: Text, mistakes: readonly Mistake[]): Diagnostic[] {
  return mistakes.map((mistake) => {
    const from = offsetOf(text, mistake);
    const line = text.lineAt(from);
    const rest = line.text.slice(from - line.from);
    const length = /^[\w.-]+/.exec(rest)?.[0].length ?? rest.trimEnd().length;
    return { from, to: from + length, severity: "error", message: messageOf(mistake) };
  });
}

/** Where a mistake stands; the server counts letters, a text counts UTF-16. */
export function offsetOf(text: Text, { line, column }: Mistake): number {
  const found = text.line(Math.min(Math.max(line ?? 1, 1), text.lines));
  const before = Array.from(found.text).slice(0, Math.max((column ?? 1) - 1, 0));
  return found.from + before.join("").length;
}

export function messageOf({ field, message }: Mistake): string {
  return field === "" ? message : `${field}: ${message}`;
}
