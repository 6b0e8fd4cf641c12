import { IconSitemap } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import type { Selection } from "@/components/graph/types";
import { WorkflowGraph } from "@/components/graph/WorkflowGraph";
import { Loading } from "@/components/Loading";
import { useFormat } from "@/hooks/useFormat";
import { useUrlState } from "@/hooks/useUrlState";
import { useTicking } from "../../trace/useTicking";
import { useSpans } from "../../trace/useTrace";
import { RunPicker } from "../RunPicker";
import type { PanelProps } from "../SessionPanel";
import classes from "../panel.module.css";
import { edgeMarks, nodeMarks } from "./runMarks";

const DEFAULTS = { tab: "", span: "" };

/** The workflow's graph with what the run has done in it: nodes light up as they execute. */
export default function GraphTab({ session, runs, shown, trace }: PanelProps) {
  const { t } = useTranslation("session");
  const format = useFormat();
  const [, setView] = useUrlState(DEFAULTS);
  const spans = useSpans(trace.store);
  const now = useTicking(spans.some(({ status }) => status === "running"));
  const workflow = api.useQuery(
    "get",
    "/api/workflows/{workflow_id}",
    { params: { path: { workflow_id: shown.run?.workflow_id ?? session.workflow_id } } },
    { staleTime: Infinity },
  );
  const nodes = useMemo(() => nodeMarks(spans, now, (ms) => format.duration(ms)), [spans, now, format]);
  const hasSucceeded = shown.run?.status === "succeeded";
  const edges = useMemo(
    () => edgeMarks(workflow.data?.edges ?? [], spans, hasSucceeded),
    [workflow.data, spans, hasSucceeded],
  );
  const toTimeline = (selection: Selection | null) => {
    const span = spans.findLast(
      ({ kind, node, path }) =>
        kind === "node" && path.length === 0 && selection?.kind === "node" && node === selection.id,
    );
    if (span !== undefined) {
      setView({ tab: "timeline", span: span.id });
    }
  };
  if (workflow.data === undefined) {
    return workflow.error === null ? (
      <Loading />
    ) : (
      <ErrorState error={workflow.error} retry={() => void workflow.refetch()} />
    );
  }
  return (
    <>
      <div className={classes.bar}>
        <RunPicker runs={runs} shown={shown} />
      </div>
      {trace.error !== null && <ErrorState error={trace.error} retry={trace.reread} />}
      <div className={classes.fill} data-testid="session-graph">
        {workflow.data.nodes.length === 0 ? (
          <EmptyState icon={IconSitemap} title={t("graph.none")} />
        ) : (
          <WorkflowGraph
            label={t("graph.label", { name: workflow.data.name })}
            nodes={workflow.data.nodes}
            edges={workflow.data.edges}
            marks={nodes}
            edgeMarks={edges}
            onSelect={toTimeline}
          />
        )}
      </div>
    </>
  );
}
