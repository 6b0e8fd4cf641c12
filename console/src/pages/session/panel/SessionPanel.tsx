import { Suspense } from "react";
import { Loading } from "@/components/Loading";
import type { Schemas } from "@/api/client";
import type { Trace } from "../trace/useTrace";
import type { SessionRuns } from "../useSessionRuns";
import { type PanelTab, PARTS } from "./panelTabs";
import classes from "./panel.module.css";
import type { ShownRun } from "./useShownRun";

export interface PanelProps {
  session: Schemas["SessionResponse"];
  runs: SessionRuns;
  shown: ShownRun;
  trace: Trace;
}

/** What stands behind the conversation: how it was made, what the state was, what it cost. */
export function SessionPanel({ tab, ...props }: PanelProps & { tab: PanelTab }) {
  const Shown = PARTS[tab];
  return (
    <div className={classes.panel}>
      <Suspense fallback={<Loading rows={6} />}>
        <Shown {...props} />
      </Suspense>
    </div>
  );
}
