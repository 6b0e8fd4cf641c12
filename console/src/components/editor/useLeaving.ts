import { type Location, useBlocker } from "react-router";

/** State of a navigation that follows a save: nothing is left behind by it. */
export const AFTER_SAVE = { saved: true };

/** Holds up whoever leaves the editor with changes that are not saved, be it to the same page without it. */
export function useLeaving(dirty: boolean) {
  return useBlocker(
    ({ currentLocation, nextLocation }) =>
      dirty && addressOf(currentLocation) !== addressOf(nextLocation) && !followsSave(nextLocation),
  );
}

function followsSave({ state }: Location<unknown>): boolean {
  return typeof state === "object" && state !== null && "saved" in state;
}

function addressOf({ pathname, search }: Location<unknown>): string {
  return pathname + search;
}
