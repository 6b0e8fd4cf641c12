/** What is sent to a run: words, fields of the state, or both. No React here. */

export interface Attached {
  /** The fields; undefined: the text is empty or no JSON object. */
  fields: Record<string, unknown> | undefined;
  /** Why it is none. */
  fault: "json" | "object" | null;
}

export function attachedIn(text: string): Attached {
  if (text.trim() === "") {
    return { fields: undefined, fault: null };
  }
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? { fields: value as Record<string, unknown>, fault: null }
      : { fields: undefined, fault: "object" };
  } catch {
    return { fields: undefined, fault: "json" };
  }
}

export type RunInput = string | Record<string, unknown> | undefined;

/** Words become a message behind those that the fields have already. */
export function inputOf(
  text: string,
  fields: Record<string, unknown> | undefined,
  messagesField: string | null,
): RunInput {
  const words = text.trim() === "" ? undefined : text;
  if (words === undefined || fields === undefined || messagesField === null) {
    return fields ?? words;
  }
  const earlier = fields[messagesField];
  const said = { role: "user", content: words };
  const before = typeof earlier === "string" ? [{ role: "user", content: earlier }] : earlier;
  return { ...fields, [messagesField]: [...(Array.isArray(before) ? (before as unknown[]) : []), said] };
}
