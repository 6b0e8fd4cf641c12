import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./chat.module.css";

/** What was given to a run and is no message. `pending`: it was sent just now, and may become one. */
export function Said({ text, pending = false }: { text: string; pending?: boolean }) {
  const { t } = useTranslation("session");
  return (
    <article
      className={classes.message}
      data-type="user"
      data-pending={pending || undefined}
      aria-label={t("message.user")}
    >
      <Text component="span" size="xs" fw={600}>
        {t("message.user")}
      </Text>
      <div className={classes.plain}>{text}</div>
    </article>
  );
}
