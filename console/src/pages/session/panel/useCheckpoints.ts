import { keepPreviousData } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";

export type Checkpoint = Schemas["CheckpointResponse"];

const LONGEST = 100; // the most that the server gives at once

/** One page of a session's checkpoints, newest first. */
export function useCheckpoints(sessionId: string, page = 1, pageSize = LONGEST) {
  const query = { page, page_size: pageSize };
  return api.useQuery(
    "get",
    "/api/sessions/{session_id}/checkpoints",
    { params: { path: { session_id: sessionId }, query } },
    { placeholderData: keepPreviousData },
  );
}

/** What a node is called: the two ends of the graph have names in each language. */
export function useNodeName(): (node: string) => string {
  const { t } = useTranslation("components");
  return (node) => (node === "START" ? t("graph.start") : node === "END" ? t("graph.end") : node);
}

/** How a checkpoint is called: its step, and the nodes after which it was made, or how else it came to be. */
export function useCheckpointName(): (checkpoint: Checkpoint) => string {
  const { t } = useTranslation("session");
  const nodeName = useNodeName();
  return ({ step, nodes, source, label }) => {
    const made =
      nodes.length > 0
        ? nodes.map(nodeName).join(", ")
        : source === "update" || source === "fork"
          ? t(`source.${source}`)
          : nodeName("START");
    return `${step ?? ""} · ${made}${label === null ? "" : ` · ${label}`}`;
  };
}
