import { useEffect, useState } from "react";
import type { Piece } from "./highlight";

const LONGEST = 200_000; // letters: more is shown as it is

interface Done {
  code: string;
  language: string | undefined;
  pieces: readonly Piece[];
}

/** The code in coloured pieces; until they are there, and for other languages, all of it in one. */
export function useHighlighted(code: string, language: string | undefined): readonly Piece[] {
  const [done, setDone] = useState<Done | null>(null);
  useEffect(() => {
    let wanted = language !== undefined && code.length <= LONGEST;
    if (wanted) {
      import("./highlight").then(
        ({ isHighlighted, piecesOf }) => {
          if (wanted && isHighlighted(language)) {
            setDone({ code, language, pieces: piecesOf(code, language) });
          }
        },
        () => undefined, // the server is gone: the code stands there all the same
      );
    }
    return () => {
      wanted = false;
    };
  }, [code, language]);
  return done?.code === code && done.language === language ? done.pieces : [{ text: code, kind: null }];
}
