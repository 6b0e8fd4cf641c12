import { useTranslation } from "react-i18next";
import type { Group } from "./errorList";
import classes from "./Severity.module.css";

/** How bad it is: a shape and a word, so that it is not told by colour alone. */
export function Severity({ severity }: { severity: Group["severity"] }) {
  const { t } = useTranslation("errors");
  return (
    <span className={classes.severity} data-severity={severity}>
      {t(`severity.${severity}`)}
    </span>
  );
}
