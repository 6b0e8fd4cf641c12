import { useEffect, useEffectEvent, useState } from "react";
import { live } from "@/api/useLive";

const EVERY_MS = 3_000;
const ALIVE = "/api/health/live";

/**
 * Whether a server that could not be reached answers again; then `onBack` is called, again and again until what failed
 * is no longer shown. The socket says so, and since it may never have been gone, the server is asked as well.
 */
export function useIsBack(lost: boolean, onBack: (() => unknown) | null): boolean {
  const [isBack, setIsBack] = useState(false);
  const found = useEffectEvent(() => {
    setIsBack(true);
    void onBack?.();
  });
  useEffect(() => {
    if (!lost) {
      return;
    }
    const ask = async () => {
      const answer = await fetch(ALIVE, { cache: "no-store" }).catch(() => null);
      if (answer?.ok === true) {
        found();
      }
    };
    const stopHealing = live.onHealed(() => found());
    const timer = setInterval(() => void ask(), EVERY_MS);
    return () => {
      stopHealing();
      clearInterval(timer);
      setIsBack(false);
    };
  }, [lost]);
  return isBack;
}
