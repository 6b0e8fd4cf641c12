import { keepPreviousData } from "@tanstack/react-query";
import { api, type Schemas } from "@/api/client";

export type Call = Schemas["ModelCallResponse"];
export type LineItem = Schemas["LineItemResponse"];

/** A line of the list: an item of a call, or a call that has none because it has no price. */
export interface CallRow {
  call: Call;
  item: LineItem | undefined;
  /** The first line of its call. */
  isFirst: boolean;
}

const MOST_ITEMS = 5; // kinds of token that a call can be charged for
const AT_MOST = 100;

/** One page of calls with their line items, which are asked for by the time in which these calls ended. */
export function useCalls(sessionId: string, { page, page_size }: { page: number; page_size: number }) {
  const size = Math.min(page_size, AT_MOST / MOST_ITEMS);
  const calls = api.useQuery(
    "get",
    "/api/sessions/{session_id}/model-calls",
    { params: { path: { session_id: sessionId }, query: { page, page_size: size } } },
    { placeholderData: keepPreviousData },
  );
  const listed = calls.data?.model_calls ?? [];
  const ended = listed.map(({ created_at }) => created_at).toSorted();
  const query = {
    session_id: sessionId,
    start_time: ended[0] ?? "",
    end_time: justAfter(ended.at(-1)),
    page_size: AT_MOST,
  };
  const items = api.useQuery("get", "/api/analytics/line-items", { params: { query } }, { enabled: listed.length > 0 });
  const byCall = Map.groupBy(items.data?.items ?? [], ({ model_call_id }) => model_call_id);
  const rows = listed.flatMap((call): CallRow[] => {
    const found = byCall.get(call.model_call_id) ?? [undefined];
    return found.map((item, index) => ({ call, item, isFirst: index === 0 }));
  });
  return {
    calls: calls.data,
    rows,
    error: calls.error ?? items.error,
    refetch: () => {
      void calls.refetch();
      void items.refetch();
    },
  };
}

/** The end of a time range is not in it. */
function justAfter(moment: string | undefined): string {
  return moment === undefined ? "" : new Date(Date.parse(moment) + 1).toISOString();
}
