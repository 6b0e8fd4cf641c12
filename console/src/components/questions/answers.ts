/** What a person is asked, and how an answer comes of what they have filled in. No React here. */

export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  enum?: unknown[];
  default?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  format?: string;
}

/** One open question of a run: an entry of its `interrupts`. */
export interface Question {
  interrupt_id: string;
  node: string;
  question: string | null;
  schema: Schema | null;
  choices: unknown[] | null;
  deadline_at?: string | null;
  default?: unknown;
  value?: unknown;
}

export type FieldKind = "choice" | "boolean" | "text" | "integer" | "number" | "object" | "several" | "texts" | "json";

export function kindOf(schema: Schema | null): FieldKind {
  if (schema === null) {
    return "json";
  }
  if (schema.enum !== undefined) {
    return "choice";
  }
  switch (schema.type) {
    case "boolean":
    case "integer":
    case "number":
      return schema.type;
    case "string":
      return "text";
    case "object":
      return schema.properties === undefined ? "json" : "object";
    case "array":
      return schema.items?.enum !== undefined ? "several" : schema.items?.type === "string" ? "texts" : "json";
    default:
      return "json";
  }
}

/** Choices are an enum by another name; what is asked without either may be answered by any value. */
export function schemaOf({ schema, choices }: Question): Schema | null {
  return choices === null ? schema : { ...(schema ?? {}), enum: choices };
}

/** What stands in a field before somebody fills it in. */
export function beginningOf(schema: Schema | null): unknown {
  if (schema?.default !== undefined) {
    return schema.default;
  }
  if (kindOf(schema) !== "object") {
    return undefined;
  }
  const parts = Object.entries(schema?.properties ?? {}).map(([name, part]) => [name, beginningOf(part)] as const);
  return Object.fromEntries(parts.filter(([, value]) => value !== undefined));
}

/**
 * The answer that a filled-in field gives; undefined where it is not filled in. An empty text, 0 and false are
 * answers: only a text may be answered by leaving its field empty.
 */
export function answerOf(schema: Schema | null, value: unknown): unknown {
  switch (kindOf(schema)) {
    case "text":
      return value ?? "";
    case "several":
    case "texts":
      return value ?? [];
    case "object":
      return objectOf(schema ?? {}, (value ?? {}) as Record<string, unknown>);
    default:
      return value;
  }
}

function objectOf(schema: Schema, values: Record<string, unknown>): unknown {
  const answer: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(schema.properties ?? {})) {
    const isRequired = schema.required?.includes(name) ?? false;
    const value = isRequired ? answerOf(part, values[name]) : values[name];
    if (value !== undefined) {
      answer[name] = value;
    } else if (isRequired) {
      return undefined;
    }
  }
  return answer;
}

export function labelOf(choice: unknown): string {
  return typeof choice === "string" ? choice : JSON.stringify(choice);
}
