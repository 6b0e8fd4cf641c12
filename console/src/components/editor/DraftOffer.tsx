import { Alert, Button, Group, Text } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { TimeAgo } from "@/components/TimeAgo";

interface DraftOfferProps {
  at: string;
  onTake: () => void;
  onForget: () => void;
}

/** Changes that an earlier visit left without saving them. */
export function DraftOffer({ at, onTake, onForget }: DraftOfferProps) {
  const { t } = useTranslation("components");
  return (
    <Alert variant="light" p="xs" icon={<IconHistory size={16} aria-hidden />} aria-label={t("editor.draft.label")}>
      <Group gap="xs" justify="space-between">
        <Text size="sm">
          {t("editor.draft.text")} <TimeAgo at={at} />
        </Text>
        <Group gap="xs">
          <Button onClick={onTake}>{t("editor.draft.take")}</Button>
          <Button variant="default" onClick={onForget}>
            {t("editor.draft.forget")}
          </Button>
        </Group>
      </Group>
    </Alert>
  );
}
