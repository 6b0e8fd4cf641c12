import { useEffect, useState } from "react";

const EVERY_MS = 250;

/** The time, renewed some times a second while something is under way. */
export function useTicking(isActive: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isActive) {
      return;
    }
    const timer = setInterval(() => setNow(Date.now()), EVERY_MS);
    return () => clearInterval(timer);
  }, [isActive]);
  return now;
}
