import { keepPreviousData } from "@tanstack/react-query";
import { api, type Schemas } from "@/api/client";
import { timeRange } from "@/hooks/timeRange";
import { useNow } from "@/hooks/useNow";

const PERIOD = "7d";
const HOUR_MS = 3_600_000;

/** How the runs of the last seven days went, by the workflow's name; undefined until that is known. */
export function useRecentRuns(): ReadonlyMap<string, Schemas["WorkflowPerformance"]> | undefined {
  const now = useNow();
  // From a full hour on, so that the same question is not asked anew every minute.
  const query = timeRange(PERIOD, Math.floor(now / HOUR_MS) * HOUR_MS);
  const { data } = api.useQuery(
    "get",
    "/api/analytics/performance",
    { params: { query } },
    { placeholderData: keepPreviousData, staleTime: 30_000 },
  );
  return data && new Map(data.per_workflow.map((performance) => [performance.workflow, performance]));
}
