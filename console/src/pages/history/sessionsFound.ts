/** The sessions that a search's results stand in, as far as the results can be paged to. */
import { client } from "@/api/client";

const AT_ONCE = 100;

export interface SearchFilter {
  query: string;
  workflow?: string;
  message_types?: string[];
  start_time?: string;
  end_time?: string;
}

/** Each once, in the order in which the results name them. */
export async function sessionsFound(
  filter: SearchFilter,
  signal: AbortSignal,
  found: (count: number) => void,
): Promise<string[]> {
  const ids = new Set<string>();
  for (let page = 1, more = true; more; page += 1) {
    const { data } = await client.GET("/api/history/search", {
      params: { query: { ...filter, page, page_size: AT_ONCE } },
      signal,
    });
    data?.results.forEach(({ session_id }) => ids.add(session_id));
    more = data?.has_next === true;
    found(ids.size);
  }
  return [...ids];
}
