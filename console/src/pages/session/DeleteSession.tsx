import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, invalidate } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";

interface DeleteSessionProps {
  sessionId: string;
  /** A run is under way, and will be cancelled. */
  busy: boolean;
  opened: boolean;
  onClose: () => void;
}

/** Asks first; what is deleted is gone for good. */
export function DeleteSession({ sessionId, busy, opened, onClose }: DeleteSessionProps) {
  const { t } = useTranslation("session");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const remove = api.useMutation("delete", "/api/sessions/{session_id}", {
    onSuccess: () => {
      void invalidate(queries, "/api/sessions/");
      void navigate("/sessions");
    },
  });
  return (
    <Modal opened={opened} onClose={onClose} title={t("delete.title")} closeButtonProps={{ "aria-label": t("cancel") }}>
      <Stack gap="md">
        <Text size="sm">{t("delete.text")}</Text>
        {busy && (
          <Text size="sm" c="var(--flowdeck-waiting)">
            {t("delete.busy")}
          </Text>
        )}
        {remove.error !== null && <ErrorState error={remove.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t("cancel")}
          </Button>
          <Button
            color="red.8"
            loading={remove.isPending}
            onClick={() =>
              remove.mutate({ params: { path: { session_id: sessionId }, query: busy ? { force: true } : {} } })
            }
          >
            {t("delete.confirm")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
