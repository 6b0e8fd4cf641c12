/** Which two of a list are compared, as one after the other is chosen. No React here. */
export interface ChosenTwo<T> {
  from: T;
  to: T;
}

/**
 * With one more chosen, or no longer; `none` stands where nothing is. A third takes the place of the second, and the
 * older one comes first.
 */
export function chosenWith<T extends string | number>(
  { from, to }: ChosenTwo<T>,
  one: T,
  none: T,
  isOlder: (one: T, other: T) => boolean,
): ChosenTwo<T> {
  if (one === from) {
    return { from: to, to: none };
  }
  if (one === to) {
    return { from, to: none };
  }
  if (from === none) {
    return { from: one, to: none };
  }
  return isOlder(one, from) ? { from: one, to: from } : { from, to: one };
}
