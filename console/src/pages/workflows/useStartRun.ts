import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { client, invalidate, type Schemas } from "@/api/client";

/** Makes a session on a version, starts a run in it, and goes there. A run that is refused leaves no session behind. */
export function useStartRun(workflowId: string) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async (input: Record<string, unknown>) => {
      const created = await client.POST("/api/sessions/", { body: { workflow_id: workflowId } });
      const path = { session_id: (created.data as Schemas["SessionResponse"]).session_id };
      const body = { mode: "background", ...(Object.keys(input).length === 0 ? {} : { input }) };
      try {
        await client.POST("/api/sessions/{session_id}/runs", {
          params: { path },
          body: body as Schemas["RunCreateRequest"],
        });
      } catch (error) {
        await client.DELETE("/api/sessions/{session_id}", { params: { path } }).catch(() => undefined);
        throw error;
      }
      return path.session_id;
    },
    onSuccess: (session_id) => {
      void invalidate(queries, "/api/sessions/");
      void navigate(`/sessions/${encodeURIComponent(session_id)}`);
    },
  });
}
