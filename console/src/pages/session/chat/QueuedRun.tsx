import { ActionIcon, Code, Group, Text, Tooltip } from "@mantine/core";
import { IconClock, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { type Run, saidIn } from "../useSessionRuns";
import classes from "./chat.module.css";
import { useRunActions } from "./useRunActions";

/** A run that waits for its turn, with what was said to it. */
export function QueuedRun({ run, first }: { run: Run; first: boolean }) {
  const { t } = useTranslation("session");
  const { cancel } = useRunActions();
  const said = saidIn(run);
  return (
    <article className={classes.message} data-type="user" data-pending aria-label={t("run.queued")}>
      {!first && (
        <Group gap={6} className={classes.head} wrap="nowrap">
          <IconClock size={14} aria-hidden />
          <Text size="xs" c="dimmed">
            {t("run.queued")}
          </Text>
          <Tooltip label={t("run.cancel")}>
            <ActionIcon
              size="sm"
              ml="auto"
              aria-label={t("run.cancel")}
              loading={cancel.isPending}
              onClick={() => cancel.mutate({ params: { path: { run_id: run.run_id } } })}
            >
              <IconX size={14} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </Group>
      )}
      {said === undefined ? (
        <Code block>{JSON.stringify(run.input ?? {}, null, 2)}</Code>
      ) : (
        <div className={classes.plain}>{said}</div>
      )}
    </article>
  );
}
