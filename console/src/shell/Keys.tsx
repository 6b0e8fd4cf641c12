import { Kbd } from "@mantine/core";

const APPLE = /Mac|iPhone|iPad/.test(navigator.userAgent);
const NAMES: Record<string, string> = { mod: APPLE ? "⌘" : "Ctrl" };

/** Keys to be pressed together, as this machine's keyboard names them. */
export function Keys({ keys }: { keys: string[] }) {
  return <Kbd size="xs">{keys.map((key) => NAMES[key] ?? key).join(APPLE ? "" : " ")}</Kbd>;
}
