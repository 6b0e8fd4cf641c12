import { type Attached, attachedIn } from "../../chat/input";

/** The fields of an edited state that differ from what they were; others are left alone. */
export function changedIn(
  text: string,
  before: Readonly<Record<string, unknown>>,
): { values: Record<string, unknown> | undefined; fault: Attached["fault"] } {
  const { fields, fault } = attachedIn(text);
  const changed = Object.entries(fields ?? {}).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name]),
  );
  return { values: fields === undefined ? undefined : Object.fromEntries(changed), fault };
}
