/** Which two versions are compared, as one after the other is chosen. No React here. */
export interface Compared {
  from: string;
  to: string;
}

interface Numbered {
  workflow_id: string;
  number: number;
}

/** With one more chosen, or no longer. A third takes the place of the second; the older one comes first. */
export function chosenWith({ from, to }: Compared, id: string, versions: readonly Numbered[]): Compared {
  if (id === from) {
    return { from: to, to: "" };
  }
  if (id === to) {
    return { from, to: "" };
  }
  if (from === "") {
    return { from: id, to: "" };
  }
  const numberOf = (wanted: string) => versions.find(({ workflow_id }) => workflow_id === wanted)?.number;
  const [first, second] = [numberOf(from), numberOf(id)];
  const reversed = first !== undefined && second !== undefined && first > second;
  return reversed ? { from: id, to: from } : { from, to: id };
}
