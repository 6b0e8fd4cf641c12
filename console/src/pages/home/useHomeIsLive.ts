import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { invalidate } from "@/api/client";
import { usePushedMetrics } from "@/api/useLive";

/** Reads Home's figures and lists again when the pushed figures tell that something ran. */
export function useHomeIsLive(): void {
  const queries = useQueryClient();
  const last = useRef("");
  usePushedMetrics(({ total_requests, succeeded, failed, cancelled }) => {
    const now = [total_requests, succeeded, failed, cancelled].join();
    if (last.current !== now) {
      void invalidate(
        queries,
        "/api/sessions/",
        "/api/errors/",
        "/api/analytics/performance",
        "/api/analytics/trends",
        "/api/analytics/tokens",
        "/api/analytics/cost",
      );
    }
    last.current = now;
  });
}
