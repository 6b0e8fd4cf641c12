/** What a tool takes, read from the JSON schema of its arguments. */

export interface Argument {
  name: string;
  /** As the schema has it: `string`, `string | null`, or the values that it may be. */
  type: string;
  required: boolean;
  description: string;
}

export function argumentsOf(schema: Record<string, unknown>): Argument[] {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(properties).map(([name, property]) => ({
    name,
    type: typeOf(property),
    required: required.includes(name),
    description: isObject(property) && typeof property.description === "string" ? property.description : "",
  }));
}

/** Any value where the schema does not say. */
function typeOf(property: unknown): string {
  if (!isObject(property)) {
    return "any";
  }
  if (Array.isArray(property.enum)) {
    return property.enum.map((value) => JSON.stringify(value)).join(" | ");
  }
  const branches = property.anyOf ?? property.oneOf;
  if (Array.isArray(branches)) {
    return branches.map(typeOf).join(" | ");
  }
  if (Array.isArray(property.type)) {
    return property.type.join(" | ");
  }
  return typeof property.type === "string" ? property.type : "any";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
