/** Values of settings as fields have them. */
import type { SettingKind } from "../document/nodeTypes";

/** Whether a value has the shape that this kind of field can show and change without losing anything. */
export function fits(kind: SettingKind, value: unknown): boolean {
  if (value == null) {
    return true;
  }
  switch (kind) {
    case "pairs":
      return typeof value === "object" && !Array.isArray(value) && Object.values(value).every(isPlain);
    case "tools":
    case "list":
      return Array.isArray(value) && value.every((item) => typeof item === "string");
    case "switch":
      return typeof value === "boolean";
    default:
      return isPlain(value);
  }
}

export function asText(value: unknown): string {
  return isPlain(value) ? String(value) : "";
}

export function asTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** A number where it is one; anything else, such as a variable, as it was typed. */
export function asNumber(text: string): number | string {
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) ? number : text;
}

export function pairsOf(value: unknown): [string, string][] {
  return typeof value === "object" && value !== null
    ? Object.entries(value).map(([name, item]): [string, string] => [name, asText(item)])
    : [];
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
