import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, invalidate, type Schemas } from "@/api/client";
import classes from "./chat/chat.module.css";
import type { SessionRuns } from "./useSessionRuns";

/** Whether a person has set the session aside, so that it takes no runs. */
export function isClosed({ status }: Schemas["SessionResponse"], runs: SessionRuns): boolean {
  return status === "archived" || status === "completed" || (status === "paused" && runs.active === undefined);
}

/** In the place of the field: why nothing can be said here, and the way back. */
export function ClosedNotice({ session }: { session: Schemas["SessionResponse"] }) {
  const { t } = useTranslation(["session", "components"]);
  const queries = useQueryClient();
  const activate = api.useMutation("put", "/api/sessions/{session_id}", {
    onSuccess: () => invalidate(queries, "/api/sessions/{session_id}", "/api/sessions/"),
    onError: ({ detail }) => notifications.show({ color: "red", message: detail }),
  });
  return (
    <Group className={classes.composer} gap="sm">
      <Text size="sm" c="dimmed">
        {t("closed", { status: t(`components:status.${session.status}`) })}
      </Text>
      <Button
        variant="default"
        loading={activate.isPending}
        onClick={() =>
          activate.mutate({ params: { path: { session_id: session.session_id } }, body: { status: "active" } })
        }
      >
        {t("activate")}
      </Button>
    </Group>
  );
}
