/** Values of settings as fields have them. */
import type { SettingKind } from "@/components/graph/useNodeTypes";

type Shape = (value: unknown) => boolean;

const SHAPES: Record<SettingKind, Shape> = {
  text: isPlain,
  template: isPlain,
  number: isPlain,
  field: isPlain,
  model: isPlain,
  tool: isPlain,
  method: isPlain,
  switch: (value) => typeof value === "boolean",
  tools: isListOfTexts,
  list: isListOfTexts,
  pairs: isMappingOfPlain,
};
const KNOWN: ReadonlyMap<string, Shape> = new Map(Object.entries(SHAPES));

/**
 * Whether a field of this kind can show and change the value without losing anything. A kind that this console does
 * not know has no field.
 */
export function fits(kind: string, value: unknown): boolean {
  const shape = KNOWN.get(kind);
  return shape !== undefined && (value == null || shape(value));
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

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isMappingOfPlain(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(isPlain);
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
