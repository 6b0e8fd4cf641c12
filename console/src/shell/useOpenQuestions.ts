import { api } from "@/api/client";

const EVERY_MS = 10_000;

/** How many runs wait for a person. One row is asked for: the count is of all. */
export function useOpenQuestions(): number {
  const query = { page_size: 1 };
  const { data } = api.useQuery("get", "/api/questions/", { params: { query } }, { refetchInterval: EVERY_MS });
  return data?.total ?? 0;
}
