import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { ErrorState } from "@/components/ErrorState";
import { Panel } from "@/components/Panel";
import { pathOf } from "./links";
import classes from "./UnloadedFiles.module.css";
import { useLoadFile } from "./useLoadFile";
import { useWorkflowFiles } from "./useWorkflowFiles";

/** Files in the workflow folders that nothing was loaded from yet: the shipped examples, and new ones. */
export function UnloadedFiles() {
  const { t } = useTranslation("workflows");
  const navigate = useNavigate();
  const { unloaded } = useWorkflowFiles();
  const { load, loading, error } = useLoadFile(({ workflow_id }) => void navigate(pathOf(workflow_id)));
  if (unloaded.length === 0) {
    return null;
  }
  return (
    <Panel title={t("files.title")}>
      <p className={classes.hint}>{t("files.hint")}</p>
      {error !== null && <ErrorState error={error} />}
      {unloaded.map(({ path }) => (
        <div key={path} className={classes.row}>
          <span className={`mono ${classes.path}`}>{path}</span>
          <Button
            variant="default"
            size="compact-xs"
            aria-label={t("files.loadOf", { path })}
            loading={loading === path}
            onClick={() => load(path)}
          >
            {t("files.load")}
          </Button>
        </div>
      ))}
    </Panel>
  );
}
