import { keepPreviousData, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { api, invalidate } from "@/api/client";
import { usePushedMetrics } from "@/api/useLive";
import type { Span, Time } from "./span";

export const TIME_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export interface Filters {
  workflow?: string;
  model?: string;
}

/** All figures of a time and of the one before it, kept up to date. */
export function useSeries(span: Span, filters: Filters, compare: boolean) {
  const ask = ({ start_time, end_time }: Time) => ({
    params: { query: { start_time, end_time, tz: TIME_ZONE, ...filters } },
  });
  const options = { placeholderData: keepPreviousData, refetchInterval: span.every };
  const now = api.useQuery("get", "/api/analytics/time-series", ask(span), options);
  const before = api.useQuery("get", "/api/analytics/time-series", ask(span.before), {
    placeholderData: keepPreviousData,
    staleTime: Infinity, // what is past is past
    enabled: compare,
  });
  return { now, before };
}

/** Outcomes and times by workflow, node and model. */
export function usePerformance({ start_time, end_time, every }: Span, filters: Filters) {
  const query = { start_time, end_time, ...filters };
  return api.useQuery(
    "get",
    "/api/analytics/performance",
    { params: { query } },
    { placeholderData: keepPreviousData, refetchInterval: every },
  );
}

/** Reads the figures again when the pushed ones tell that something ran, where the time is short enough to show it. */
export function useLiveFigures(enabled: boolean): void {
  const queries = useQueryClient();
  const last = useRef("");
  usePushedMetrics(({ total_requests, succeeded, failed, cancelled }) => {
    const now = [total_requests, succeeded, failed, cancelled].join();
    if (enabled && last.current !== "" && last.current !== now) {
      void invalidate(queries, "/api/analytics/time-series", "/api/analytics/performance");
    }
    last.current = now;
  });
}
