import { Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, invalidate } from "@/api/client";
import { ConfirmDialog } from "@/components/ConfirmDialog";

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
    <ConfirmDialog
      opened={opened}
      title={t("delete.title")}
      confirm={t("delete.confirm")}
      dangerous
      action={remove}
      onConfirm={() =>
        remove.mutate({ params: { path: { session_id: sessionId }, query: busy ? { force: true } : {} } })
      }
      onClose={onClose}
    >
      <Text size="sm">{t("delete.text")}</Text>
      {busy && (
        <Text size="sm" c="var(--flowdeck-waiting)">
          {t("delete.busy")}
        </Text>
      )}
    </ConfirmDialog>
  );
}
