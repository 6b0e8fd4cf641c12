/** What messages of a conversation can be told to do, handed down to them past the list that draws them. */
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, use, useMemo } from "react";
import { api, client, invalidate } from "@/api/client";
import type { Message } from "./ChatStore";

export interface ChatActions {
  /** The bookmark's id, if the message has one. */
  bookmarkOf: (messageId: string) => string | undefined;
  toggleBookmark: (messageId: string) => void;
  editAndFork: (message: Message) => void;
}

export const ChatActionsContext = createContext<ChatActions | null>(null);

export function useChatActions(): ChatActions {
  const actions = use(ChatActionsContext);
  if (actions === null) {
    throw new Error("a message stands outside of a conversation");
  }
  return actions;
}

const AT_ONCE = 500;

/** All bookmarks of a session, by message. */
export function useBookmarks(sessionId: string): Pick<ChatActions, "bookmarkOf" | "toggleBookmark"> {
  const queries = useQueryClient();
  const { data } = useQuery({
    queryKey: ["get", "/api/history/bookmarks", { session_id: sessionId }],
    queryFn: ({ signal }) => readAll(sessionId, signal),
  });
  const options = {
    onSuccess: () => invalidate(queries, "/api/history/bookmarks", "/api/history/search"),
    onError: ({ detail }: { detail: string }) => notifications.show({ color: "red", message: detail }),
  };
  const { mutate: add } = api.useMutation("post", "/api/history/sessions/{session_id}/bookmarks", options);
  const { mutate: remove } = api.useMutation("delete", "/api/history/bookmarks/{bookmark_id}", options);
  return useMemo(
    () => ({
      bookmarkOf: (messageId) => data?.get(messageId),
      toggleBookmark: (messageId) => {
        const bookmark_id = data?.get(messageId);
        if (bookmark_id === undefined) {
          add({ params: { path: { session_id: sessionId } }, body: { message_id: messageId } });
        } else {
          remove({ params: { path: { bookmark_id } } });
        }
      },
    }),
    [data, add, remove, sessionId],
  );
}

async function readAll(sessionId: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (let offset = 0; ; offset += AT_ONCE) {
    const query = { session_id: sessionId, limit: AT_ONCE, offset };
    const { data = [] } = await client.GET("/api/history/bookmarks", { params: { query }, signal });
    data.forEach(({ message_id, bookmark_id }) => found.set(message_id, bookmark_id));
    if (data.length < AT_ONCE) {
      return found;
    }
  }
}
