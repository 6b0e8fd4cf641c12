import { Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, invalidate, type Schemas } from "@/api/client";
import { ConfirmDialog } from "@/components/ConfirmDialog";

interface DeleteVersionProps {
  workflow: Schemas["WorkflowSourceResponse"];
  opened: boolean;
  onClose: () => void;
}

/** Asks first; the version can be made current again afterwards, from the list of versions. */
export function DeleteVersion({ workflow, opened, onClose }: DeleteVersionProps) {
  const { t } = useTranslation("workflows");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { workflow_id, number, name, current, config_path } = workflow;
  const remove = api.useMutation("delete", "/api/workflows/{workflow_id}", {
    onSuccess: () => {
      void invalidate(
        queries,
        "/api/workflows/",
        "/api/workflows/{workflow_id}/source",
        "/api/workflows/{workflow_id}/versions",
        "/api/config/files",
        "/api/config/files/{path}",
      );
      void navigate("/workflows");
    },
  });
  return (
    <ConfirmDialog
      opened={opened}
      title={t("delete.versionTitle", { number, name })}
      confirm={t("delete.confirm")}
      dangerous
      action={remove}
      onConfirm={() => remove.mutate({ params: { path: { workflow_id } } })}
      onClose={onClose}
    >
      <Text size="sm">
        {t("delete.versionText")} {current && t("delete.nextIsCurrent")}{" "}
        {config_path === null ? t("delete.noFile") : t("delete.fileStays", { path: config_path })}
      </Text>
    </ConfirmDialog>
  );
}
