/** A search over all sessions as the address holds it, and the count of all matches where somebody asks for it. */
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Schemas } from "@/api/client";
import { timeRange } from "@/hooks/timeRange";
import { useNow } from "@/hooks/useNow";

export const SEARCH = { page: 1, page_size: 20, query: "", workflow: "", types: "", time: "" };
export type SearchState = typeof SEARCH;

export const MESSAGE_TYPES: Schemas["MessageResponse"]["type"][] = ["user", "assistant", "system", "tool"];

export function useSearch(state: SearchState) {
  const now = useNow();
  const [countedFor, setCountedFor] = useState("");
  const filter = {
    query: state.query,
    ...(state.workflow === "" ? {} : { workflow: state.workflow }),
    ...(state.types === "" ? {} : { message_types: [state.types] }),
    ...timeRange(state.time, now),
  };
  const asked = JSON.stringify([state.query, state.workflow, state.types, state.time]);
  const found = api.useQuery(
    "get",
    "/api/history/search",
    { params: { query: { ...filter, page: state.page, page_size: state.page_size } } },
    { enabled: state.query !== "", placeholderData: keepPreviousData },
  );
  const inexact = found.data?.total_is_exact === false && !found.isPlaceholderData;
  const all = api.useQuery(
    "get",
    "/api/history/search",
    { params: { query: { ...filter, page_size: 1, count_all: true } } },
    { enabled: inexact && countedFor === asked, staleTime: 60_000 },
  );
  const counted = inexact && countedFor === asked ? all.data?.total : undefined;
  return {
    found,
    filter,
    /** Of all matches; a lower bound where `exact` is false. */
    total: counted ?? found.data?.total ?? 0,
    exact: counted !== undefined || found.data?.total_is_exact === true,
    counting: all.isFetching,
    countError: all.error,
    countAll: () => setCountedFor(asked),
  };
}
