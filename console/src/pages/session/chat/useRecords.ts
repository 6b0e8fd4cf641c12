import { useMemo } from "react";
import { api } from "@/api/client";
import { type ChatRecord, recordsOf } from "./records";
import type { ChatStore } from "./ChatStore";
import { useDrafts } from "./useChat";

const AT_ONCE = 100;

export interface Records {
  /** In order of time. */
  all: readonly ChatRecord[];
  /** Reads further back, where something may be missing that is as old as this. */
  ensure: (at: string) => void;
}

const NEXT = {
  pageParamName: "page",
  initialPageParam: 1,
  getNextPageParam: (last: { page: number; has_next: boolean }) => (last.has_next ? last.page + 1 : undefined),
};

/** What a conversation has beside its messages, read as far back as is looked at. */
export function useRecords(sessionId: string, store: ChatStore): Records {
  useDrafts(store); // renders anew when a reply is stopped
  const path = { session_id: sessionId };
  const answers = api.useInfiniteQuery(
    "get",
    "/api/sessions/{session_id}/answers",
    { params: { path, query: { page_size: AT_ONCE } } },
    NEXT,
  );
  const runs = api.useInfiniteQuery(
    "get",
    "/api/sessions/{session_id}/runs",
    { params: { path, query: { page_size: AT_ONCE, without_reply: true } } },
    NEXT,
  );
  const { stopped } = store;
  const all = useMemo(
    () =>
      recordsOf(
        answers.data?.pages.flatMap((page) => page.answers) ?? [],
        runs.data?.pages.flatMap((page) => page.runs) ?? [],
        stopped,
      ),
    [answers.data, runs.data, stopped],
  );
  const ensure = (at: string) => {
    const oldestAnswer = answers.data?.pages.at(-1)?.answers.at(-1)?.answered_at;
    const oldestRun = runs.data?.pages.at(-1)?.runs.at(-1)?.created_at;
    if (answers.hasNextPage && !answers.isFetching && oldestAnswer !== undefined && oldestAnswer >= at) {
      void answers.fetchNextPage();
    }
    if (runs.hasNextPage && !runs.isFetching && oldestRun !== undefined && oldestRun >= at) {
      void runs.fetchNextPage();
    }
  };
  return { all, ensure };
}
