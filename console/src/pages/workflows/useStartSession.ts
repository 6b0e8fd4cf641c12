import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api, invalidate } from "@/api/client";
import { useNotify } from "@/hooks/useNotify";

/** Makes a session on a version, and goes there. */
export function useStartSession() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const notify = useNotify();
  const { mutate, isPending } = api.useMutation("post", "/api/sessions/", {
    onSuccess: (session) => {
      void invalidate(queries, "/api/sessions/");
      void navigate(`/sessions/${encodeURIComponent(session.session_id)}`);
    },
    onError: notify.failed,
  });
  return { start: (workflowId: string) => mutate({ body: { workflow_id: workflowId } }), isPending };
}
