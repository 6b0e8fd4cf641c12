import { Alert, Button, Group, Modal, Text } from "@mantine/core";
import { IconUsers } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { TwoTexts } from "../text/TwoTexts";

interface StaleProps {
  mine: string;
  theirs: string;
  onTake: () => void;
  onOverwrite: () => void;
}

/** The file has another text than the one that was opened: somebody else has saved it, or it was edited on disk. */
export function Stale({ mine, theirs, onTake, onOverwrite }: StaleProps) {
  const { t } = useTranslation("workflow-editor");
  const [comparing, setComparing] = useState(false);
  return (
    <Alert
      variant="light"
      color="yellow"
      p="xs"
      icon={<IconUsers size={16} aria-hidden />}
      aria-label={t("stale.label")}
    >
      <Group gap="xs" justify="space-between">
        <Text size="sm">{t("stale.text")}</Text>
        <Group gap="xs">
          <Button variant="default" onClick={() => setComparing(true)}>
            {t("stale.compare")}
          </Button>
          <Button variant="default" onClick={onTake}>
            {t("stale.take")}
          </Button>
          <Button color="red" variant="light" onClick={onOverwrite}>
            {t("stale.overwrite")}
          </Button>
        </Group>
      </Group>
      <Modal
        opened={comparing}
        onClose={() => setComparing(false)}
        title={t("stale.compareTitle")}
        size="90rem"
        closeButtonProps={{ "aria-label": t("cancel") }}
      >
        <TwoTexts before={theirs} after={mine} labels={[t("stale.theirs"), t("stale.mine")]} />
      </Modal>
    </Alert>
  );
}
