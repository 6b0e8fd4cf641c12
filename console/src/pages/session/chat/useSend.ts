import { useQueryClient } from "@tanstack/react-query";
import { api, invalidate, type Schemas } from "@/api/client";
import type { RunInput } from "./input";

export type OnConflict = Schemas["RunCreateRequest"]["on_conflict"];

/** Starts a run in a session and goes on at once: what it does is seen live. */
export function useSend(sessionId: string, onStarted: (run: Schemas["RunResponse"], input: RunInput) => void) {
  const queries = useQueryClient();
  const { mutate, isPending, error, reset } = api.useMutation("post", "/api/sessions/{session_id}/runs");
  const send = (input: RunInput, onConflict: OnConflict) =>
    mutate(
      {
        params: { path: { session_id: sessionId } },
        body: {
          ...(input === undefined ? {} : { input: input }),
          mode: "background",
          on_conflict: onConflict,
        } as Schemas["RunCreateRequest"],
      },
      {
        onSuccess: (run) => {
          onStarted(run as Schemas["RunResponse"], input);
          void invalidate(queries, "/api/sessions/{session_id}/runs", "/api/sessions/{session_id}", "/api/sessions/");
        },
      },
    );
  return { send, isPending, error, reset };
}
