import { Button, Group, Modal, Select, Stack } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, invalidate } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";

/** Asks for a workflow's file, makes a session on what it holds now, and goes there. */
export function NewSession({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation("sessions");
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("new.title")}
      closeButtonProps={{ "aria-label": t("new.cancel") }}
    >
      <NewSessionForm onClose={onClose} />
    </Modal>
  );
}

function NewSessionForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("sessions");
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [path, setPath] = useState<string | null>(null);
  const files = api.useQuery("get", "/api/config/files");
  const create = api.useMutation("post", "/api/sessions/", {
    onSuccess: (session) => {
      void invalidate(queries, "/api/sessions/", "/api/workflows/");
      void navigate(`/sessions/${encodeURIComponent(session.session_id)}`);
    },
  });
  const workflows = (files.data?.files ?? []).filter(({ kind }) => kind === "workflow").map((file) => file.path);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (path !== null) {
          create.mutate({ body: { workflow_config_path: path } });
        }
      }}
    >
      <Stack gap="sm">
        <Select
          label={t("new.workflow")}
          description={t("new.hint")}
          placeholder={t("new.choose")}
          data={workflows}
          value={path}
          onChange={setPath}
          searchable
          nothingFoundMessage={files.isPending ? t("new.loading") : t("new.none")}
          data-autofocus
        />
        {files.error !== null && <ErrorState error={files.error} retry={files.refetch} />}
        {create.error !== null && <ErrorState error={create.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t("new.cancel")}
          </Button>
          <Button type="submit" disabled={path === null} loading={create.isPending}>
            {t("new.create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
