import { DraftOffer } from "./DraftOffer";
import { Stale } from "./Stale";
import type { Drafts } from "./useDraft";
import type { Saved } from "./useSaveFile";
import type { YamlText } from "./useYamlText";

interface NoticesProps {
  yaml: YamlText;
  draft: Drafts;
  /** The file as somebody else has saved it since; null: nobody has. */
  theirs: Saved | null;
  onAdopt: (theirs: Saved) => void;
  onOverwrite: (theirs: Saved) => void;
}

/** What stands above a text that is edited: changes of an earlier visit, and that the file has another text by now. */
export function Notices({ yaml, draft: { found, forget }, theirs, onAdopt, onOverwrite }: NoticesProps) {
  return (
    <>
      {found !== null && <DraftOffer at={found.at} onTake={() => yaml.write(found.text)} onForget={forget} />}
      {theirs !== null && (
        <Stale
          mine={yaml.text}
          theirs={theirs.text}
          onTake={() => {
            onAdopt(theirs);
            yaml.write(theirs.text);
          }}
          onOverwrite={() => onOverwrite(theirs)}
        />
      )}
    </>
  );
}
