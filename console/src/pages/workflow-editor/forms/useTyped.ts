import { useState } from "react";

/**
 * A field over a value that stands in the text. What is typed is written there at once; while the field has the focus
 * it shows what was typed, even where the text says the same in other words.
 */
export function useTyped(value: string, commit: (typed: string) => void) {
  const [typed, setTyped] = useState<string | null>(null);
  const change = (text: string) => {
    setTyped(text);
    commit(text);
  };
  return {
    value: typed ?? value,
    change,
    onBlur: () => setTyped(null),
  };
}
