import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { client, type Schemas } from "@/api/client";
import { NOTHING, partsOf, type Repricing, together } from "./repriceParts";

interface Told {
  /** What was asked, and what it was answered would change. */
  body: Schemas["RepriceRequest"];
  outcome: Repricing;
}

/** Prices calls again, part by part, until it is done or stopped; a part that has begun comes to its end. */
export function useReprice() {
  const queries = useQueryClient();
  const stopped = useRef(false);
  const [share, setShare] = useState(0);
  const change = useMutation({
    mutationFn: async ({ body, outcome }: Told) => {
      stopped.current = false;
      const isStopped = () => stopped.current; // by a click, meanwhile
      setShare(0);
      const { start_time, end_time, ...rest } = body;
      const time = { ...(start_time == null ? {} : { start_time }), ...(end_time == null ? {} : { end_time }) };
      const parts = partsOf(time, await firstCall(), new Date().toISOString(), outcome.examined);
      let done = NOTHING;
      for (const [index, part] of parts.entries()) {
        if (isStopped()) {
          return done;
        }
        const { repricing_id } = done;
        const { data } = await client.POST("/api/analytics/reprice", {
          body: { ...rest, ...part, dry_run: false, ...(repricing_id === null ? {} : { repricing_id }) },
        });
        done = data === undefined ? done : together(done, data);
        setShare((index + 1) / parts.length);
      }
      const { before, after, difference } = outcome; // of exactly these calls
      return { ...done, before, after, difference };
    },
    onSettled: () => queries.invalidateQueries(), // whatever has a cost may have another now
  });
  const stop = () => {
    stopped.current = true;
  };
  return { change, share, stop };
}

/** No call is older than the first session. */
async function firstCall(): Promise<string> {
  const query = { page_size: 1, sort_by: "created_at", sort_order: "asc" } as const;
  const { data } = await client.GET("/api/sessions/", { params: { query } });
  return data?.sessions[0]?.created_at ?? new Date().toISOString();
}
