/** A long repricing as parts, so that there is progress to be seen and a place to stop. No React here. */
import type { Schemas } from "@/api/client";

export type Repricing = Schemas["RepricingResponse"];

interface Part {
  start_time?: string;
  end_time?: string;
}

const COUNT = 20;
const FEW = 2000; // calls that are priced in a moment

/** The time in parts of the same length; what has no start or end keeps none. `first` and `now` stand in for them. */
export function partsOf({ start_time, end_time }: Part, first: string, now: string, calls: number): Part[] {
  const from = Date.parse(start_time ?? first);
  const until = Date.parse(end_time ?? now);
  if (calls <= FEW || !(until > from)) {
    return [bounded(start_time, end_time)];
  }
  const at = (index: number) => new Date(from + Math.round(((until - from) * index) / COUNT)).toISOString();
  return Array.from({ length: COUNT }, (_, index) =>
    bounded(index === 0 ? start_time : at(index), index === COUNT - 1 ? end_time : at(index + 1)),
  );
}

function bounded(start: string | undefined, end: string | undefined): Part {
  return { ...(start === undefined ? {} : { start_time: start }), ...(end === undefined ? {} : { end_time: end }) };
}

/** What two parts have changed together; sums of money are not added up here. */
export function together(one: Repricing, other: Repricing): Repricing {
  return {
    ...one,
    repricing_id: other.repricing_id,
    examined: one.examined + other.examined,
    changed: one.changed + other.changed,
    newly_priced: one.newly_priced + other.newly_priced,
    no_longer_priced: one.no_longer_priced + other.no_longer_priced,
  };
}

export const NOTHING: Repricing = {
  repricing_id: null,
  dry_run: false,
  examined: 0,
  changed: 0,
  newly_priced: 0,
  no_longer_priced: 0,
  before: {},
  after: {},
  difference: {},
};
