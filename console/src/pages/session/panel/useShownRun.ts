import { api } from "@/api/client";
import { useUrlState } from "@/hooks/useUrlState";
import type { Run, SessionRuns } from "../useSessionRuns";

const DEFAULTS = { run: "", span: "" };

export interface ShownRun {
  run: Run | undefined;
  /** It can still go on, or be retried. */
  isLatest: boolean;
  choose: (runId: string) => void;
}

/** The run that graph and timeline show: the one in the address, else the one under way or the last that was. */
export function useShownRun({ runs, active }: SessionRuns): ShownRun {
  const [view, setView] = useUrlState(DEFAULTS);
  const followed = active ?? runs?.find(({ status }) => status !== "queued") ?? runs?.[0];
  const listed = view.run === "" ? followed : runs?.find(({ run_id }) => run_id === view.run);
  const { data: older } = api.useQuery(
    "get",
    "/api/runs/{run_id}",
    { params: { path: { run_id: view.run } } },
    { enabled: view.run !== "" && runs !== undefined && listed === undefined },
  );
  return {
    run: listed ?? older,
    isLatest: view.run === "" || view.run === followed?.run_id,
    choose: (runId) => setView({ run: runId === followed?.run_id ? "" : runId, span: "" }),
  };
}
