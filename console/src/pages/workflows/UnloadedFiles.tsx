import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { ErrorState } from "@/components/ErrorState";
import { Panel } from "@/components/Panel";
import { useWorkflowFiles } from "@/components/workflows/useWorkflowFiles";
import { WorkflowSummary } from "@/components/workflows/WorkflowSummary";
import { pathOf } from "./links";
import classes from "./UnloadedFiles.module.css";
import { useLoadFile } from "./useLoadFile";
import { useLoadedFiles } from "./useLoadedFiles";

/** Files in the workflow folders that nothing was loaded from yet: the shipped examples, and new ones. */
export function UnloadedFiles() {
  const { t } = useTranslation("workflows");
  const navigate = useNavigate();
  const { files } = useWorkflowFiles();
  const loadedFiles = useLoadedFiles();
  const { load, loading, error } = useLoadFile(({ workflow_id }) => void navigate(pathOf(workflow_id)));
  const unloaded = (files ?? []).filter(({ path }) => loadedFiles.unloaded.has(path));
  if (unloaded.length === 0) {
    return null;
  }
  return (
    <Panel title={t("files.title")}>
      <p className={classes.hint}>{t("files.hint")}</p>
      {error !== null && <ErrorState error={error} />}
      {unloaded.map((file) => (
        <div key={file.path} className={classes.row}>
          <WorkflowSummary file={file} />
          <Button
            variant="default"
            size="compact-xs"
            aria-label={t("files.loadOf", { path: file.path })}
            loading={loading === file.path}
            onClick={() => load(file.path)}
          >
            {t("files.load")}
          </Button>
        </div>
      ))}
    </Panel>
  );
}
