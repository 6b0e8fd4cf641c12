import { Alert, Button, Group, Modal, Text } from "@mantine/core";
import { IconUsers } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { TwoTexts } from "./TwoTexts";

interface StaleProps {
  mine: string;
  theirs: string;
  onTake: () => void;
  onOverwrite: () => void;
}

/** The file has another text than the one that was opened: somebody else has saved it, or it was edited on disk. */
export function Stale({ mine, theirs, onTake, onOverwrite }: StaleProps) {
  const { t } = useTranslation("components");
  const [comparing, setComparing] = useState(false);
  return (
    <Alert
      variant="light"
      color="yellow"
      p="xs"
      icon={<IconUsers size={16} aria-hidden />}
      aria-label={t("editor.stale.label")}
    >
      <Group gap="xs" justify="space-between">
        <Text size="sm">{t("editor.stale.text")}</Text>
        <Group gap="xs">
          <Button variant="default" onClick={() => setComparing(true)}>
            {t("editor.stale.compare")}
          </Button>
          <Button variant="default" onClick={onTake}>
            {t("editor.stale.take")}
          </Button>
          <Button color="red" variant="light" onClick={onOverwrite}>
            {t("editor.stale.overwrite")}
          </Button>
        </Group>
      </Group>
      <Modal opened={comparing} onClose={() => setComparing(false)} title={t("editor.stale.compareTitle")} size="90rem">
        <TwoTexts before={theirs} after={mine} labels={[t("editor.stale.theirs"), t("editor.stale.mine")]} />
      </Modal>
    </Alert>
  );
}
