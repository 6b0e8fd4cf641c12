import { useQueryClient } from "@tanstack/react-query";
import { api, invalidate } from "@/api/client";
import { useEventsOfSessions } from "@/api/useLive";

const EVERY_MS = 10_000; // for questions of runs that nobody here has heard of
const FOLLOWED = 20;

/** How many runs wait for a person. The sessions of the latest are followed: their answers count at once. */
export function useOpenQuestions(): number {
  const queries = useQueryClient();
  const query = { page_size: FOLLOWED };
  const { data } = api.useQuery("get", "/api/questions/", { params: { query } }, { refetchInterval: EVERY_MS });
  useEventsOfSessions(data?.runs.map(({ session_id }) => session_id) ?? [], ({ type }) => {
    if (type === "session_update") {
      void invalidate(queries, "/api/questions/");
    }
  });
  return data?.total ?? 0;
}
