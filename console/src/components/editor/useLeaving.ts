import { type Location, useBlocker } from "react-router";

/** State of a navigation that follows a save: nothing is left behind by it. */
export const AFTER_SAVE = { saved: true };

/** Holds up whoever leaves the page with changes that are not saved. */
export function useLeaving(dirty: boolean) {
  return useBlocker(
    ({ currentLocation, nextLocation }) =>
      dirty && currentLocation.pathname !== nextLocation.pathname && !followsSave(nextLocation),
  );
}

function followsSave({ state }: Location<unknown>): boolean {
  return typeof state === "object" && state !== null && "saved" in state;
}
