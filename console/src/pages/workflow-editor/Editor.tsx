import { Button, Group, SegmentedControl } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { type ReactNode, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { ErrorState } from "@/components/ErrorState";
import { Page } from "@/components/Page";
import { useNotify } from "@/hooks/useNotify";
import { Canvas } from "./canvas/Canvas";
import { readWorkflow } from "./document/workflow";
import shared from "@/components/editor/editor.module.css";
import classes from "./editor.module.css";
import { LeaveDialog } from "@/components/editor/LeaveDialog";
import { SaveAs } from "./saving/SaveAs";
import { useDraft } from "@/components/editor/useDraft";
import { AFTER_SAVE, useLeaving } from "@/components/editor/useLeaving";
import { useSave } from "./saving/useSave";
import { CheckStatus } from "@/components/editor/CheckStatus";
import { Notices } from "@/components/editor/Notices";
import { SaveButton } from "@/components/editor/SaveButton";
import { TextPane } from "@/components/editor/TextPane";
import { useCheck } from "@/components/editor/useCheck";
import { useMarks, useYamlText } from "@/components/editor/useYamlText";
import type { Saved } from "@/components/editor/useSaveFile";
import { useSaveKey } from "@/components/editor/useSaveKey";
import { useMistakes } from "@/components/editor/useMistakes";

interface EditorProps {
  title: string;
  /** What the editor begins with, and where it is saved. */
  opened: Saved;
  /** The file as the server has it now, if there is one. */
  theirs: Saved | null;
  /** Where the workflow's own page is; null: it was never loaded. */
  workflowId: string | null;
  /** What is to be known of the text that was opened; it gets a way to replace the text. */
  notice?: (write: (text: string) => void) => ReactNode;
}

/** A workflow's text and its graph side by side. Either is changed, and the other follows. */
export function Editor({ title, opened, theirs, workflowId, notice }: EditorProps) {
  const { t } = useTranslation("workflow-editor");
  const navigate = useNavigate();
  const notify = useNotify();
  const yaml = useYamlText(opened.text);
  const { text } = yaml;
  const reading = useMemo(() => readWorkflow(text), [text]);
  const [pane, setPane] = useState<"text" | "graph">("text");
  const [naming, setNaming] = useState(false);
  const { saved, save, adopt } = useSave(opened, (workflow) => {
    notify.done(t("save.done", { name: workflow.name }));
    setNaming(false);
    const path = `/workflows/${encodeURIComponent(workflow.workflow_id)}/edit`;
    void navigate(path, { replace: true, state: AFTER_SAVE });
  });
  const isNew = saved.etag === null;
  const dirty = text !== saved.text;
  const draft = useDraft(opened.etag === null ? "new" : opened.path, text, dirty);
  const check = useCheck(saved.path, text);
  const mistakes = useMistakes(check, saved.path);
  useMarks(yaml, mistakes.here);
  const leaving = useLeaving(dirty);
  const write = (path: string, etag: string | null) => save.mutate({ path, text, etag });
  const begin = () => {
    const [first] = mistakes.here;
    if (first !== undefined && !check.pending) {
      notify.failed(new Error(t("save.mistakes")));
      yaml.goTo(first);
    } else if (isNew) {
      setNaming(true);
    } else if (dirty && !save.isPending) {
      write(saved.path, saved.etag);
    }
  };
  useSaveKey(begin);
  const stale = theirs !== null && theirs.etag !== saved.etag && !save.isPending;
  return (
    <Page
      fill
      title={title}
      description={
        <Group gap="xs">
          <span className="mono break">{isNew ? t("save.notYet") : saved.path}</span>
          <CheckStatus check={check} count={mistakes.all.length} dirty={dirty || isNew} />
        </Group>
      }
      actions={
        <>
          {workflowId !== null && (
            <Button
              component={Link}
              to={`/workflows/${encodeURIComponent(workflowId)}`}
              variant="default"
              leftSection={<IconPlayerPlay size={14} aria-hidden />}
            >
              {t("open")}
            </Button>
          )}
          <SaveButton enabled={isNew || dirty} loading={save.isPending && !naming} onClick={begin} />
        </>
      }
    >
      <div className={shared.column}>
        <Notices
          yaml={yaml}
          draft={draft}
          theirs={stale ? theirs : null}
          onAdopt={adopt}
          onOverwrite={({ etag }) => write(saved.path, etag)}
        />
        {notice?.(yaml.write)}
        {save.error !== null && !naming && !stale && <ErrorState error={save.error} />}
        <SegmentedControl
          hiddenFrom="sm"
          fullWidth
          size="xs"
          value={pane}
          onChange={(value) => setPane(value)}
          data={[
            { value: "text", label: t("pane.text") },
            { value: "graph", label: t("pane.graph") },
          ]}
        />
        <div className={classes.panes} data-pane={pane}>
          <div className={classes.side}>
            <TextPane label={t("text.label")} yaml={yaml} mistakes={mistakes} />
          </div>
          <Canvas yaml={yaml} reading={reading} outline={check.told?.outline ?? null} mistakes={mistakes.here} />
        </div>
      </div>
      <SaveAs
        opened={naming}
        saved={saved}
        reading={reading}
        save={save}
        onSave={write}
        onClose={() => setNaming(false)}
      />
      <LeaveDialog blocker={leaving} onDiscard={draft.discard} />
    </Page>
  );
}
