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

/** How a checkpoint is called: its step, and the nodes after which it was made, or how else it came to be. */
export function useCheckpointName(): (checkpoint: Checkpoint) => string {
  const { t } = useTranslation("session");
  return ({ step, nodes, source, label }) => {
    const made =
      nodes.length > 0 ? nodes.join(", ") : source === "update" || source === "fork" ? t(`source.${source}`) : "START";
    return `${step ?? ""} · ${made}${label === null ? "" : ` · ${label}`}`;
  };
}
