import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { api, invalidate } from "@/api/client";

/** The body of a resume or a retry: it goes on by itself, and is seen live. */
export const IN_BACKGROUND = { mode: "background", on_disconnect: "continue" } as const;

/** What can be done with a run that is there. Failures are told in a corner: the button stays where it is. */
export function useRunActions() {
  const queries = useQueryClient();
  const options = {
    onSuccess: () =>
      invalidate(
        queries,
        "/api/sessions/{session_id}/runs",
        "/api/sessions/{session_id}",
        "/api/sessions/",
        "/api/questions/",
      ),
    onError: ({ detail }: { detail: string }) => notifications.show({ color: "red", message: detail }),
  };
  return {
    cancel: api.useMutation("post", "/api/runs/{run_id}/cancel", options),
    pause: api.useMutation("post", "/api/runs/{run_id}/pause", options),
    resume: api.useMutation("post", "/api/runs/{run_id}/resume", options),
    retry: api.useMutation("post", "/api/runs/{run_id}/retry", options),
  };
}
