import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { WorkflowGraph } from "@/components/graph/WorkflowGraph";
import type { Selection } from "@/components/graph/types";
import { useUrlState } from "@/hooks/useUrlState";
import classes from "./GraphTab.module.css";
import { HeatControl } from "./HeatControl";
import { heatedBy, heatFrom, type NodeFigures, shareOf } from "./heat";
import { NodePanel } from "./NodePanel";
import { StatePanel } from "./StatePanel";
import { useHeatFormat } from "./useHeatFormat";

const DEFAULTS = { heat: "duration", node: "" };
const EVERY_MS = 10_000;
const NONE: NodeFigures[] = [];

/** The graph, coloured by what its nodes did of late; beside it the chosen node, or what all of them work on. */
export function GraphTab({ workflow }: { workflow: Schemas["WorkflowSourceResponse"] }) {
  const { t } = useTranslation("workflows");
  const [view, setView] = useUrlState(DEFAULTS);
  const { workflow_id, name, nodes, edges, loaded } = workflow;
  const drawing = api.useQuery(
    "get",
    "/api/workflows/{workflow_id}/visualization",
    { params: { path: { workflow_id } } },
    { enabled: loaded, refetchInterval: EVERY_MS },
  );
  const figures = drawing.data?.figures ?? NONE;
  const heat = heatFrom(view.heat);
  const write = useHeatFormat(heat);
  const heated = useMemo(() => heatedBy(heat, figures), [heat, figures]);
  const marks = useMemo(
    () =>
      new Map(
        [...heated.values].map(([node, value]) => [node, { heat: shareOf(value, heated.most), note: write(value) }]),
      ),
    [heated, write],
  );
  const chosen = nodes.find(({ id }) => id === view.node);
  const select = (selection: Selection | null) =>
    setView({ node: selection?.kind === "node" ? selection.id : "" }, { replace: true });
  return (
    <div className={classes.split}>
      <div className={classes.main}>
        {loaded && (
          <HeatControl
            heat={heat}
            most={heated.most}
            runs={drawing.data?.figures_runs}
            onChange={(next) => setView({ heat: next }, { replace: true })}
          />
        )}
        <div className={classes.graph}>
          <WorkflowGraph
            label={t("graphOf", { name })}
            nodes={nodes}
            edges={edges}
            marks={marks}
            selected={chosen === undefined ? null : { kind: "node", id: chosen.id }}
            onSelect={select}
          />
        </div>
      </div>
      <div className={classes.side}>
        {drawing.error !== null && <ErrorState error={drawing.error} retry={drawing.refetch} />}
        {chosen === undefined || chosen.type === "start" || chosen.type === "end" ? (
          <StatePanel workflowId={workflow_id} loaded={loaded} />
        ) : (
          <NodePanel node={chosen} edges={edges} figures={figures} onClose={() => select(null)} />
        )}
      </div>
    </div>
  );
}
