import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { api, invalidate, type Schemas } from "@/api/client";
import type { RunInput } from "./input";

export type OnConflict = Schemas["RunCreateRequest"]["on_conflict"];

interface Sending {
  input: RunInput;
  onConflict: OnConflict;
  key: string;
}

/** Starts a run in a session and goes on at once: what it does is seen live. */
export function useSend(sessionId: string, onStarted: (run: Schemas["RunResponse"], input: RunInput) => void) {
  const queries = useQueryClient();
  const { mutate, isPending, error, reset } = api.useMutation("post", "/api/sessions/{session_id}/runs");
  const last = useRef<Sending>(undefined);
  const perform = (sending: Sending) => {
    last.current = sending;
    const { input, onConflict, key } = sending;
    mutate(
      {
        params: { path: { session_id: sessionId }, header: { "idempotency-key": key } },
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
  };
  /** The same again, under the same key: what did arrive, and only its answer was lost, is not done twice. */
  const sendAgain = (input: RunInput, onConflict: OnConflict) => {
    const before = last.current;
    const isSame = before !== undefined && JSON.stringify(before.input) === JSON.stringify(input);
    perform({ input, onConflict, key: isSame && before.onConflict === onConflict ? before.key : newKey() });
  };
  const send = (input: RunInput, onConflict: OnConflict) => perform({ input, onConflict, key: newKey() });
  return { send, sendAgain, isPending, error, reset };
}

function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
