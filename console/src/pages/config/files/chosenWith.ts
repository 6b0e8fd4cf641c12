/** Which two versions are compared, by their numbers; 0: none. No React here. */
export interface Chosen {
  from: number;
  to: number;
}

/** With one more chosen, or no longer. A third takes the place of the later one; the older one comes first. */
export function chosenWith({ from, to }: Chosen, number: number): Chosen {
  if (number === from) {
    return { from: to, to: 0 };
  }
  if (number === to) {
    return { from, to: 0 };
  }
  return from === 0 ? { from: number, to: 0 } : { from: Math.min(from, number), to: Math.max(from, number) };
}
