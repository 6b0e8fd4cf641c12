import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { api, type Schemas } from "@/api/client";

const PAUSE_MS = 250;

export interface Check {
  /** What the server said last; of a text before, while the newest one is still asked about. */
  told: Schemas["ConfigCheckResponse"] | undefined;
  /** The newest text is still to be told about. */
  pending: boolean;
  error: unknown;
}

/** What the server says of a text as it is typed: the very check that saving does. Overtaken questions are cancelled. */
export function useCheck(path: string, text: string): Check {
  const [settled] = useDebouncedValue(text, PAUSE_MS);
  const { data, error, isFetching, isPlaceholderData } = api.useQuery(
    "post",
    "/api/config/files/{path}/validate",
    { params: { path: { path } }, body: { content: settled } },
    { placeholderData: keepPreviousData, gcTime: 0 },
  );
  return { told: data, error, pending: settled !== text || isPlaceholderData || (isFetching && data === undefined) };
}
