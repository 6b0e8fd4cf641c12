import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** The mark of a reply that was cut off. */
export function StoppedMark() {
  const { t } = useTranslation("session");
  return (
    <Badge size="xs" variant="default" title={t("message.stoppedHint")}>
      {t("message.stopped")}
    </Badge>
  );
}
