import { List, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, invalidateFiles, type Schemas } from "@/api/client";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { useNotify } from "@/hooks/useNotify";
import { pathOf } from "./links";

interface MakeCurrentProps {
  /** Null: none is asked about. */
  version: Schemas["WorkflowVersionResponse"] | null;
  onClose: () => void;
}

/** Asks first, and says what changes and what does not; then new sessions get this version. */
export function MakeCurrent({ version, onClose }: MakeCurrentProps) {
  const { t } = useTranslation("workflows");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const notify = useNotify();
  const restore = api.useMutation("post", "/api/workflows/{workflow_id}/current", {
    onSuccess: ({ workflow, files }) => {
      void invalidateFiles(queries);
      const told = { number: workflow.number, files: files.join(", ") };
      notify.done(files.length === 0 ? t("current.done", told) : t("current.doneWritten", told));
      onClose();
      void navigate(`${pathOf(workflow.workflow_id)}?tab=versions`);
    },
  });
  return (
    <ConfirmDialog
      opened={version !== null}
      title={t("current.title", { number: version?.number ?? "" })}
      confirm={t("current.make")}
      action={restore}
      onConfirm={() => version !== null && restore.mutate({ params: { path: { workflow_id: version.workflow_id } } })}
      onClose={onClose}
    >
      {version !== null && (
        <List size="sm" spacing={6}>
          <List.Item>{t("current.newSessions", { number: version.number })}</List.Item>
          <List.Item>{t("current.runs")}</List.Item>
          {version.config_path !== null && <List.Item>{t("current.file", { path: version.config_path })}</List.Item>}
          {!version.loaded && <List.Item>{t("current.loadedAgain")}</List.Item>}
        </List>
      )}
      <Text size="sm" c="dimmed">
        {t("current.undo")}
      </Text>
    </ConfirmDialog>
  );
}
