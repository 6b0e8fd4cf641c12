import { Button, Text } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Run } from "../useSessionRuns";
import classes from "./chat.module.css";
import { IN_BACKGROUND, useRunActions } from "./useRunActions";

/** That a run is paused, and the way on. */
export function PausedNotice({ run }: { run: Run }) {
  const { t } = useTranslation("session");
  const { resume } = useRunActions();
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
