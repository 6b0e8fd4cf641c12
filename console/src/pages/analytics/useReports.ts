import { keepPreviousData } from "@tanstack/react-query";
import { api } from "@/api/client";
import type { Reports } from "./breakdowns";
import type { Time } from "./span";
import type { Filters } from "./useSeries";

/** All that tables are made of, of one time. `every`: how often it is read again; 0: it is past. */
export function useReports({ start_time, end_time }: Time, filters: Filters, every: number, enabled = true) {
  const init = { params: { query: { start_time, end_time, ...filters } } };
  const options = {
    placeholderData: keepPreviousData,
    enabled,
    ...(every === 0 ? { staleTime: Infinity } : { refetchInterval: every }),
  };
  const performance = api.useQuery("get", "/api/analytics/performance", init, options);
  const tokens = api.useQuery("get", "/api/analytics/tokens", init, options);
  const cost = api.useQuery("get", "/api/analytics/cost", init, options);
  const errors = api.useQuery("get", "/api/analytics/errors", init, options);
  const all = [performance, tokens, cost, errors];
  const reports: Reports | undefined =
    performance.data && tokens.data && cost.data && errors.data
      ? { performance: performance.data, tokens: tokens.data, cost: cost.data, errors: errors.data }
      : undefined;
  return {
    reports,
    error: all.find(({ error }) => error !== null)?.error ?? null,
    refetch: () => void Promise.all(all.map(({ refetch }) => refetch())),
  };
}
