import { Tooltip, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { live, useConnection, useIsCutOff } from "@/api/useLive";
import classes from "./Shell.module.css";

/** Whether what is on the screen is live. Click to try again at once. `compact`: it is only shown when it is not. */
export function Connection({ compact = false }: { compact?: boolean }) {
  const { t } = useTranslation();
  const state = useConnection();
  const cutOff = useIsCutOff();
  if (compact && !cutOff) {
    return null;
  }
  return (
    <Tooltip label={t(`connection.${state}Hint`)}>
      <UnstyledButton
        className={classes.connection}
        data-state={state}
        data-testid={compact ? "connection-lost" : "connection"}
        onClick={() => live.retryNow()}
      >
        <span aria-live="polite">{t(`connection.${state}`)}</span>
      </UnstyledButton>
    </Tooltip>
  );
}
