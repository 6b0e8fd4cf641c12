import { Button, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { CheckStatus } from "@/components/editor/CheckStatus";
import { LeaveDialog } from "@/components/editor/LeaveDialog";
import { Notices } from "@/components/editor/Notices";
import { SaveButton } from "@/components/editor/SaveButton";
import { TextPane } from "@/components/editor/TextPane";
import { useCheck } from "@/components/editor/useCheck";
import { useDraft } from "@/components/editor/useDraft";
import { AFTER_SAVE, useLeaving } from "@/components/editor/useLeaving";
import { useMistakes } from "@/components/editor/useMistakes";
import { type Saved, useSaveFile } from "@/components/editor/useSaveFile";
import { useSaveKey } from "@/components/editor/useSaveKey";
import { useMarks, useYamlText } from "@/components/editor/useYamlText";
import { ErrorState } from "@/components/ErrorState";
import { Page } from "@/components/Page";
import { useNotify } from "@/hooks/useNotify";
import { fileLink } from "../links";
import shared from "@/components/editor/editor.module.css";
import classes from "./edit.module.css";
import { WhatChanges } from "./WhatChanges";

interface FileEditorProps {
  /** What is edited, and where it is saved. */
  opened: Saved;
  /** The file as the server has it now, if there is one. */
  theirs: Saved | null;
}

/** A configuration file's text: checked as it is typed, with what saving it would change, and saved as a version. */
export default function FileEditor({ opened, theirs }: FileEditorProps) {
  const { t } = useTranslation("config");
  const navigate = useNavigate();
  const notify = useNotify();
  const { path } = opened;
  const yaml = useYamlText(opened.text);
  const { text } = yaml;
  const { saved, save, adopt } = useSaveFile(opened, {
    then: (file) => Promise.resolve(file),
    onSaved: () => {
      notify.done(t("edit.done", { path }));
      void navigate(fileLink(path), { state: AFTER_SAVE });
    },
  });
  const dirty = text !== saved.text;
  const canSave = dirty || saved.etag === null;
  const draft = useDraft(path, text, dirty);
  const check = useCheck(path, text);
  const mistakes = useMistakes(check, path);
  useMarks(yaml, mistakes.here);
  const leaving = useLeaving(dirty);
  const write = (etag: string | null) => save.mutate({ path, text, etag });
  const begin = () => {
    const [first] = mistakes.here;
    if (first !== undefined && !check.pending) {
      notify.failed(new Error(t("edit.mistakes")));
      yaml.goTo(first);
    } else if (canSave && !save.isPending) {
      write(saved.etag);
    }
  };
  useSaveKey(begin);
  const stale = theirs !== null && theirs.etag !== saved.etag && !save.isPending;
  return (
    <Page
      fill
      title={path}
      description={
        <Group gap="xs">
          <CheckStatus check={check} count={mistakes.all.length} dirty={canSave} />
        </Group>
      }
      actions={
        <>
          <Button component={Link} to={fileLink(path)} variant="default">
            {t("cancel")}
          </Button>
          <SaveButton enabled={canSave} loading={save.isPending} onClick={begin} />
        </>
      }
    >
      <div className={shared.column}>
        <Notices
          yaml={yaml}
          draft={draft}
          theirs={stale ? theirs : null}
          onAdopt={adopt}
          onOverwrite={({ etag }) => write(etag)}
        />
        {save.error !== null && !stale && <ErrorState error={save.error} />}
        <div className={classes.pane}>
          <TextPane label={t("edit.label", { path })} yaml={yaml} mistakes={mistakes} />
        </div>
        {dirty && check.told?.valid === true && <WhatChanges check={check.told} />}
      </div>
      <LeaveDialog blocker={leaving} onDiscard={draft.discard} />
    </Page>
  );
}
