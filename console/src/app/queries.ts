/** How answers of the server are kept: briefly, since others change them too, and read again when the tab is seen. */
import { QueryClient } from "@tanstack/react-query";
import { Problem } from "@/api/problem";

const RETRIES = 3;

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        // The browser's idea of "offline" says nothing about a server on this machine.
        networkMode: "always",
        retry: (failures, error) => error instanceof Problem && error.passing && failures < RETRIES,
        retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 5_000),
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
}
