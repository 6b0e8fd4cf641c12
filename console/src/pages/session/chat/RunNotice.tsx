import { Button, Code, Group, Text } from "@mantine/core";
import { IconAlertTriangle, IconPlayerPause, IconPlayerPlay, IconPlayerStop, IconRefresh } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Run } from "../useSessionRuns";
import classes from "./chat.module.css";
import { IN_BACKGROUND, useRunActions } from "./useRunActions";

/** How a run ended that has no answer, and the way on: again from its last step, or on after a pause. */
export function RunNotice({ run, isLatest }: { run: Run | undefined; isLatest: boolean }) {
  const { t, i18n } = useTranslation("session");
  const { retry, resume } = useRunActions();
  if (run?.status === "paused") {
    return (
      <div className={classes.notice} role="status">
        <IconPlayerPause size={15} aria-hidden />
        <Text size="sm">{t("run.paused")}</Text>
        <Button
          size="compact-xs"
          leftSection={<IconPlayerPlay size={13} aria-hidden />}
          loading={resume.isPending}
          onClick={() => resume.mutate({ params: { path: { run_id: run.run_id } }, body: IN_BACKGROUND })}
        >
          {t("run.goOn")}
        </Button>
      </div>
    );
  }
  if (!isLatest || (run?.status !== "failed" && run?.status !== "cancelled")) {
    return null;
  }
  const failed = run.status === "failed";
  const error = run.error;
  return (
    <div className={classes.notice} data-failed={failed || undefined} role={failed ? "alert" : "status"}>
      {failed ? <IconAlertTriangle size={15} aria-hidden /> : <IconPlayerStop size={15} aria-hidden />}
      <div>
        <Text size="sm" className="break">
          {failed && error !== null ? (i18n.language === "zh" ? error.message_zh : error.message) : t("run.cancelled")}
        </Text>
        <Group gap="xs" mt={4}>
          {error !== null && <Code>{error.code}</Code>}
          {error?.node != null && (
            <Text size="xs" c="dimmed" className="mono">
              {error.node}
            </Text>
          )}
          {failed && (
            <Text size="xs" component={Link} to={`/errors?session_id=${encodeURIComponent(run.session_id)}`} c="dimmed">
              {t("run.errors")}
            </Text>
          )}
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconRefresh size={13} aria-hidden />}
            loading={retry.isPending}
            onClick={() => retry.mutate({ params: { path: { run_id: run.run_id } }, body: IN_BACKGROUND })}
          >
            {t("run.retry")}
          </Button>
        </Group>
      </div>
    </div>
  );
}
