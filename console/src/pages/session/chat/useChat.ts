import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { client } from "@/api/client";
import { ChatStore, type MessageSource } from "./ChatStore";

export interface Chat {
  store: ChatStore;
  ready: boolean;
  error: unknown;
  /** Reads the conversation anew: somebody has gone back in it or edited it. */
  reopen: () => void;
}

/** The conversation of a session. Give the component the session as its key. */
export function useChat(sessionId: string): Chat {
  const [store] = useState(() => new ChatStore(sessionId, sourceOf(sessionId)));
  const [ready, setReady] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const reopen = useCallback(() => {
    store.open().then(
      () => {
        setReady(true);
        setError(null);
      },
      (failure: unknown) => setError(failure),
    );
  }, [store]);
  useEffect(reopen, [reopen]);
  return { store, ready, error, reopen };
}

/** Renders anew when messages come or were read. */
export function useMessages(store: ChatStore): number {
  return useSyncExternalStore(
    (watcher) => store.watch(watcher),
    () => store.version,
  );
}

/** The place of the message that was looked for; undefined: none was, or it is not found. */
export function usePlaceOf({ store, ready }: Chat, messageId: string): number | undefined {
  const [found, setFound] = useState<{ messageId: string; place: number | undefined }>();
  useEffect(() => {
    if (ready && messageId !== "") {
      store.locate(messageId).then(
        (place) => setFound({ messageId, place }),
        () => undefined, // the conversation is shown all the same, from its end
      );
    }
  }, [store, ready, messageId]);
  return found?.messageId === messageId ? found.place : undefined;
}

/** Renders anew, some times a second, while answers are being written. */
export function useDrafts(store: ChatStore): ChatStore["drafts"] {
  return useSyncExternalStore(
    (watcher) => store.watch(watcher),
    () => store.drafts,
  );
}

function sourceOf(sessionId: string): MessageSource {
  const path = { session_id: sessionId };
  return {
    latest: async (limit) => {
      const { data } = await client.GET("/api/sessions/{session_id}/history", { params: { path, query: { limit } } });
      return { messages: data?.history ?? [], total: data?.total ?? 0 };
    },
    from: async (offset, limit) => {
      const { data } = await client.GET("/api/history/sessions/{session_id}/messages", {
        params: { path, query: { offset, limit } },
      });
      return { messages: data?.records ?? [], total: data?.total ?? 0 };
    },
  };
}
