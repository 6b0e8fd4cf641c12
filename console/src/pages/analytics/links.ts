/** Where a figure leads: the sessions that it is made of. */
import type { Figure } from "./figures";
import type { Time } from "./span";

export interface Part extends Time {
  figure: Figure;
  workflow?: string;
  model?: string;
  node?: string;
  path?: string;
  currency?: string;
}

export function sessionsOf(part: Part): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(part) as [string, string | undefined][]) {
    // The main graph's path is empty, and says something.
    if (value !== undefined && (value !== "" || name === "path")) {
      params.set(name, value);
    }
  }
  return `/analytics/sessions?${params.toString()}`;
}
