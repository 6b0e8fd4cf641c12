/** One page of bookmarks, newest first, with the count of all, which the server tells in a header. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { client } from "@/api/client";

export function useBookmarks(page: number, pageSize: number) {
  const init = { params: { query: { limit: pageSize, offset: (page - 1) * pageSize } } };
  return useQuery({
    queryKey: ["get", "/api/history/bookmarks", init],
    queryFn: async ({ signal }) => {
      const { data = [], response } = await client.GET("/api/history/bookmarks", { ...init, signal });
      return { bookmarks: data, total: Number(response.headers.get("X-Total-Count")) };
    },
    placeholderData: keepPreviousData,
  });
}
