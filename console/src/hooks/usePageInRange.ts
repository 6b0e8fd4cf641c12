/** Goes to a list's last page where the address names one behind it: rows were deleted, or the link is old. */
import { useEffect } from "react";

interface Listed {
  total: number;
  page: number;
  page_size: number;
}

export function usePageInRange(
  listed: Listed | undefined,
  change: (changes: { page: number }, options: { replace: boolean }) => void,
): void {
  const last = listed === undefined ? Infinity : Math.max(Math.ceil(listed.total / listed.page_size), 1);
  const behind = listed !== undefined && listed.page > last;
  useEffect(() => {
    if (behind) {
      change({ page: last }, { replace: true });
    }
  }, [behind, last, change]);
}
