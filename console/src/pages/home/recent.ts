/** The one request of Home that tells an empty installation, too. */
export const RECENT = {
  params: { query: { page_size: 8, sort_by: "updated_at", sort_order: "desc" } },
} as const;
