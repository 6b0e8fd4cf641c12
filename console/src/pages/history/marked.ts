/** A snippet cut where its marks begin and end. The server counts in code points, JavaScript's texts in halves of them. */
import type { Schemas } from "@/api/client";

export interface Snippet {
  text: string;
  start: number;
  /** The matches within `text`: first character, and after the last. */
  ranges: readonly (readonly number[])[];
}

export type FoundMessage = Omit<Schemas["SearchResultResponse"], "snippet"> & { snippet: Snippet };

export interface Piece {
  text: string;
  marked: boolean;
  /** Where it begins, in code points. */
  at: number;
}

export function pieces({ text, ranges }: Pick<Snippet, "text" | "ranges">): Piece[] {
  const characters = Array.from(text);
  const cut: Piece[] = [];
  let place = 0;
  const take = (end: number, marked: boolean) => {
    if (end > place) {
      cut.push({ text: characters.slice(place, end).join(""), marked, at: place });
      place = end;
    }
  };
  for (const [from = 0, to = 0] of ranges) {
    take(from, false);
    take(to, true);
  }
  take(characters.length, false);
  return cut;
}

/** Whether the message goes on behind the snippet. */
export function goesOn(content: string, { text, start }: Snippet): boolean {
  return Array.from(content).length > start + Array.from(text).length;
}
