import { api } from "@/api/client";

const EVERY_MS = 10_000;

/** How many sessions wait for a person. One row is asked for: the count is of all. */
export function useOpenQuestions(): number {
  const query = { status: "interrupted", page_size: 1 } as const;
  const { data } = api.useQuery("get", "/api/sessions/", { params: { query } }, { refetchInterval: EVERY_MS });
  return data?.total ?? 0;
}
