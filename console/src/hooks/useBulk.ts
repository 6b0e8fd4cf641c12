/** Does one thing to many: a few at a time, with progress, and until somebody cancels. */
import { useCallback, useRef, useState } from "react";

const AT_ONCE = 4;

export interface BulkProgress {
  total: number;
  done: number;
  failures: { item: string; error: unknown }[];
  state: "idle" | "working" | "cancelled" | "finished";
}

const IDLE: BulkProgress = { total: 0, done: 0, failures: [], state: "idle" };

export interface Bulk {
  progress: BulkProgress;
  start: (items: readonly string[], act: (item: string) => Promise<unknown>) => Promise<BulkProgress>;
  /** Starts nothing more; what has begun is let end. */
  cancel: () => void;
  reset: () => void;
}

export function useBulk(): Bulk {
  const [progress, setProgress] = useState(IDLE);
  const cancelled = useRef(false);
  const start: Bulk["start"] = useCallback(async (items, act) => {
    cancelled.current = false;
    let now: BulkProgress = { total: items.length, done: 0, failures: [], state: "working" };
    const show = (changes: Partial<BulkProgress>) => {
      now = { ...now, ...changes };
      setProgress(now);
    };
    show({});
    const stopped = () => cancelled.current; // by a click, meanwhile
    const waiting = [...items];
    const work = async () => {
      for (let item = waiting.shift(); item !== undefined && !stopped(); item = waiting.shift()) {
        try {
          await act(item);
        } catch (error) {
          show({ failures: [...now.failures, { item, error }] });
        }
        show({ done: now.done + 1 });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    show({ state: stopped() ? "cancelled" : "finished" });
    return now;
  }, []);
  const cancel = useCallback(() => {
    cancelled.current = true;
  }, []);
  const reset = useCallback(() => setProgress(IDLE), []);
  return { progress, start, cancel, reset };
}
