import { Tooltip, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { live, useConnection } from "@/api/useLive";
import classes from "./Shell.module.css";

/** Whether what is on the screen is live. Click to try again at once. */
export function Connection() {
  const { t } = useTranslation();
  const state = useConnection();
  return (
    <Tooltip label={t(`connection.${state}Hint`)}>
      <UnstyledButton
        className={classes.connection}
        data-state={state}
        data-testid="connection"
        onClick={() => live.retryNow()}
      >
        <span aria-live="polite">{t(`connection.${state}`)}</span>
      </UnstyledButton>
    </Tooltip>
  );
}
