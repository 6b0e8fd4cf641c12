import { ActionIcon, Tooltip } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { BookmarkToggle } from "./BookmarkToggle";
import { type FoundMessage, goesOn, pieces } from "./marked";
import { MessageCard } from "./MessageCard";

interface HitProps {
  hit: FoundMessage;
  onExport: () => void;
}

/** A message that was found, with what was found in it marked. */
export function Hit({ hit, onExport }: HitProps) {
  const { t } = useTranslation("history");
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
          <Tooltip label={t("export.this")}>
            <ActionIcon size="sm" aria-label={t("export.this")} onClick={onExport}>
              <IconDownload size={15} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </>
      }
    />
  );
}
