import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Blocker } from "react-router";

/** Asks whoever leaves with changes that are not saved. They stay in this browser unless they are discarded. */
export function LeaveDialog({ blocker, onDiscard }: { blocker: Blocker; onDiscard: () => void }) {
  const { t } = useTranslation("components");
  const stay = () => blocker.reset?.();
  return (
    <Modal opened={blocker.state === "blocked"} onClose={stay} title={t("editor.leave.title")}>
      <Stack gap="sm">
        <Text size="sm">{t("editor.leave.text")}</Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={stay} data-autofocus>
            {t("editor.leave.stay")}
          </Button>
          <Button
            variant="default"
            color="red"
            onClick={() => {
              onDiscard();
              blocker.proceed?.();
            }}
          >
            {t("editor.leave.discard")}
          </Button>
          <Button onClick={() => blocker.proceed?.()}>{t("editor.leave.keep")}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
