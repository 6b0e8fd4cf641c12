import { Button, Group, List, Modal, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, invalidate, type Schemas } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
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
  return (
    <Modal opened={version !== null} onClose={onClose} title={t("current.title", { number: version?.number ?? "" })}>
      {version !== null && <Question version={version} onClose={onClose} />}
    </Modal>
  );
}

function Question({ version, onClose }: { version: Schemas["WorkflowVersionResponse"]; onClose: () => void }) {
  const { t } = useTranslation("workflows");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const notify = useNotify();
  const { workflow_id, number, config_path, loaded } = version;
  const restore = api.useMutation("post", "/api/workflows/{workflow_id}/current", {
    onSuccess: ({ workflow, files }) => {
      void invalidate(
        queries,
        "/api/workflows/",
        "/api/workflows/{workflow_id}/source",
        "/api/workflows/{workflow_id}/versions",
        "/api/config/files",
      );
      const told = { number: workflow.number, files: files.join(", ") };
      notify.done(files.length === 0 ? t("current.done", told) : t("current.doneWritten", told));
      onClose();
      void navigate(`${pathOf(workflow.workflow_id)}?tab=versions`);
    },
  });
  return (
    <Stack gap="md">
      <List size="sm" spacing={6}>
        <List.Item>{t("current.newSessions", { number })}</List.Item>
        <List.Item>{t("current.runs")}</List.Item>
        {config_path !== null && <List.Item>{t("current.file", { path: config_path })}</List.Item>}
        {!loaded && <List.Item>{t("current.loadedAgain")}</List.Item>}
      </List>
      <Text size="sm" c="dimmed">
        {t("current.undo")}
      </Text>
      {restore.error !== null && <ErrorState error={restore.error} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button
          loading={restore.isPending}
          onClick={() => restore.mutate({ params: { path: { workflow_id } } })}
          data-autofocus
        >
          {t("current.make")}
        </Button>
      </Group>
    </Stack>
  );
}
