import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, invalidate, type Schemas } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";

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
      );
      void navigate("/workflows");
    },
  });
  return (
    <Modal opened={opened} onClose={onClose} title={t("delete.versionTitle", { number, name })}>
      <Stack gap="md">
        <Text size="sm">
          {t("delete.versionText")} {current && t("delete.nextIsCurrent")}{" "}
          {config_path === null ? t("delete.noFile") : t("delete.fileStays", { path: config_path })}
        </Text>
        {remove.error !== null && <ErrorState error={remove.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t("cancel")}
          </Button>
          <Button
            color="red.8"
            loading={remove.isPending}
            onClick={() => remove.mutate({ params: { path: { workflow_id } } })}
          >
            {t("delete.confirm")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
