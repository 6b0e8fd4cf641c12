import type { ReactNode } from "react";
import { BookmarkToggle } from "./BookmarkToggle";
import { type FoundMessage, goesOn, pieces } from "./marked";
import { MessageCard } from "./MessageCard";

interface HitProps {
  hit: FoundMessage;
  actions?: ReactNode;
}

/** A message that was found, with what was found in it marked. */
export function Hit({ hit, actions }: HitProps) {
  const text = (
    <>
      {hit.snippet.start > 0 && "… "}
      {pieces(hit.snippet).map((piece) =>
        piece.marked ? <mark key={piece.at}>{piece.text}</mark> : <span key={piece.at}>{piece.text}</span>,
      )}
      {goesOn(hit.content, hit.snippet) && " …"}
    </>
  );
  return (
    <MessageCard
      message={hit}
      text={text}
      actions={
        <>
          <BookmarkToggle hit={hit} />
          {actions}
        </>
      }
    />
  );
}
