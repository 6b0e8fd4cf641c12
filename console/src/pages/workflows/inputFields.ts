/** The fields of a form for what a run takes, and what was filled in as its input. No React here. */
import type { Schemas } from "@/api/client";
import { Problem } from "@/api/problem";
import type { Schema } from "@/components/questions/answers";

export type Inputs = Schemas["WorkflowInputsResponse"];
export type StateField = Inputs["state"][number];
export type Values = Readonly<Record<string, unknown>>;

/** What an author can say of a field as a JSON schema, which a form is made from; null: any value. */
export function schemaOf({ type, schema, items }: StateField): Schema | null {
  if (schema !== null) {
    return schema;
  }
  switch (type) {
    case "string":
    case "integer":
    case "number":
    case "boolean":
      return { type };
    case "list":
      return items === null ? { type: "array" } : { type: "array", items };
    case "object":
      return { type: "object" };
    default:
      return null;
  }
}

/** What callers send comes first: the message, what is required, what the author's example has. The rest is for nodes. */
export function arranged(inputs: Inputs): { first: StateField[]; more: StateField[] } {
  const examples = Object.keys(exampleOf(inputs) ?? {});
  const isFirst = ({ name, required }: StateField) =>
    required || name === inputs.messages_field || examples.includes(name);
  const first = inputs.state.filter(isFirst);
  const more = inputs.state.filter((field) => !isFirst(field));
  return first.length === 0 ? { first: more, more: [] } : { first, more };
}

/** The author's example by fields; null where there is none. */
export function exampleOf({ example, messages_field }: Inputs): Values | null {
  if (typeof example === "object" && example !== null && !Array.isArray(example)) {
    return example as Values;
  }
  return typeof example === "string" && messages_field !== null ? { [messages_field]: example } : null;
}

/** Only what was filled in: the rest begins with its default. Words become a message; none are none. */
export function inputFrom(values: Values, { messages_field }: Inputs): Record<string, unknown> {
  const written = Object.entries(values).map(([name, value]): [string, unknown] =>
    name === messages_field && typeof value === "string" ? [name, messagesOf(value)] : [name, value],
  );
  return Object.fromEntries(written.filter(([, value]) => value !== undefined));
}

function messagesOf(words: string) {
  return words.trim() === "" ? undefined : [{ role: "user", content: words }];
}

export interface Refusal {
  /** Why, by the names of the form's fields. */
  byField: ReadonlyMap<string, string>;
  /** What belongs to no field, and is shown by itself. */
  other: unknown;
}

/** What the server says of an input, each complaint at its field: `documents.0` is one about `documents`. */
export function refusalOf(error: unknown, fields: readonly StateField[]): Refusal {
  if (!(error instanceof Problem) || error.code !== "state_invalid") {
    return { byField: new Map(), other: error };
  }
  const byField = new Map<string, string>();
  let homeless = error.errors.length === 0;
  for (const { field, message } of error.errors) {
    const [name = "", ...inside] = field.split(".");
    if (fields.some((one) => one.name === name)) {
      const text = inside.length === 0 ? message : `${inside.join(".")}: ${message}`;
      byField.set(name, [byField.get(name), text].filter(Boolean).join("; "));
    } else {
      homeless = true;
    }
  }
  return { byField, other: homeless ? error : null };
}
