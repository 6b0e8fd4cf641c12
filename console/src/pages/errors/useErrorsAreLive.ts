/** Reads errors again when the socket tells of one: in the pushed figures, or in the sessions that are named. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef } from "react";
import { invalidate } from "@/api/client";
import { useEventsOfSessions, usePushedMetrics } from "@/api/useLive";

/** What nobody is told of: failures of the server itself, and those that a retry made good in other sessions. */
export const EVERY_MS = 10_000;

export function useErrorsAreLive(sessionIds: readonly string[] = []): void {
  const queries = useQueryClient();
  const last = useRef("");
  const refresh = useCallback(() => invalidate(queries, "/api/errors/", "/api/errors/{group_id}"), [queries]);
  usePushedMetrics(({ total_requests, succeeded, failed, cancelled }) => {
    const now = [total_requests, succeeded, failed, cancelled].join();
    // The first one, too: nobody knows what happened between reading the errors and it.
    if (last.current !== now) {
      void refresh();
    }
    last.current = now;
  });
  useEventsOfSessions(sessionIds, ({ type }) => {
    if (type === "error_event" || type === "session_update") {
      void refresh();
    }
  });
}
