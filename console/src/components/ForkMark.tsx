import { VisuallyHidden } from "@mantine/core";
import { IconGitFork } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

/** Before a session's title: it was forked from another one, which may have the same title. */
export function ForkMark() {
  const { t } = useTranslation("components");
  return (
    <span title={t("forked")}>
      <IconGitFork size={13} aria-hidden style={{ verticalAlign: "-0.1em", marginInlineEnd: 4 }} />
      <VisuallyHidden>{t("forked")}: </VisuallyHidden>
    </span>
  );
}
