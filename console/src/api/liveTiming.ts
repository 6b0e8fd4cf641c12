/** When a lost connection is tried again, and when one that says nothing counts as lost. Milliseconds. */
export type ConnectionState = "connecting" | "connected" | "reconnecting" | "offline";

export const PING_EVERY_MS = 20_000;
export const DEAD_AFTER_MS = 8_000;
/** Attempts that failed one after the other before the page says "offline". */
export const OFFLINE_AFTER = 4;

const FIRST_MS = 400;
const LAST_MS = 10_000;

/** Doubling pauses with jitter, so that a restarted server does not meet all its pages at once. */
export function backoff(failures: number, random: () => number = Math.random): number {
  return Math.min(FIRST_MS * 2 ** (failures - 1), LAST_MS) * (0.75 + random() / 2);
}
