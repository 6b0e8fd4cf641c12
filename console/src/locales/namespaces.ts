import type { ResourceLanguage } from "i18next";

/** Files by their names: `./en/sessions.json` is the namespace `sessions`. */
export function byNamespace(files: Record<string, Record<string, unknown>>): ResourceLanguage {
  return Object.fromEntries(
    Object.entries(files).map(([path, texts]) => [path.replace(/^.*\/(.+)\.json$/, "$1"), texts]),
  );
}
