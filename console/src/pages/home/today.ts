import { useNow } from "@/hooks/useNow";

/** The beginning of this day here, as the API takes it. It moves on while the page stays open over midnight. */
export function useToday(): string {
  const midnight = new Date(useNow());
  midnight.setHours(0, 0, 0, 0);
  return midnight.toISOString();
}
