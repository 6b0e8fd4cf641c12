import { useEffect, useState } from "react";
import { useIsCutOff } from "@/api/useLive";

const EVERY_MS = 250;

/** The time, renewed some times a second while something is under way and is heard of: else it stands still. */
export function useTicking(isActive: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  const cutOff = useIsCutOff();
  useEffect(() => {
    if (!isActive || cutOff) {
      return;
    }
    const timer = setInterval(() => setNow(Date.now()), EVERY_MS);
    return () => clearInterval(timer);
  }, [isActive, cutOff]);
  return now;
}
