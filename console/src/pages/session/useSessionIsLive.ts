import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { invalidate, type Schemas } from "@/api/client";
import { useSessionEvents } from "@/api/useLive";
import type { Chat } from "./chat/useChat";

/** Keeps a session's page as the server has it: its messages by its events, the rest by reading it again. */
export function useSessionIsLive(session: Schemas["SessionResponse"], chat: Chat): { deleted: boolean } {
  const queries = useQueryClient();
  const [afterSeq] = useState(session.last_seq);
  const [deleted, setDeleted] = useState(false);
  const reread = () =>
    void invalidate(
      queries,
      "/api/sessions/{session_id}",
      "/api/sessions/{session_id}/runs",
      "/api/sessions/{session_id}/checkpoints",
      "/api/sessions/{session_id}/state",
    );
  useSessionEvents(session.session_id, {
    afterSeq,
    onEvent: (event) => {
      chat.store.hear(event);
      if (event.type === "answer") {
        void invalidate(queries, "/api/sessions/{session_id}/answers");
      }
      if (event.type === "session_update") {
        reread();
        if (event.data.run === undefined) {
          chat.reopen(); // a person has changed it, and may have gone back in it
        }
      }
    },
    onReset: () => {
      reread();
      void invalidate(queries, "/api/sessions/{session_id}/answers");
      chat.reopen();
    },
    onEnd: () => setDeleted(true),
  });
  return { deleted };
}
