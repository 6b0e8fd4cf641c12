import { IconHelpHexagon } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useOpenQuestions } from "./useOpenQuestions";
import classes from "./Shell.module.css";

/** On every page: how many runs wait for a person's answer, and the way to them. */
export function OpenQuestions({ compact = false }: { compact?: boolean }) {
  const { t } = useTranslation();
  const count = useOpenQuestions();
  if (count === 0) {
    return null;
  }
  return (
    <Link
      to="/questions"
      className={classes.questions}
      data-compact={compact || undefined}
      aria-label={t("questions", { count })}
    >
      <IconHelpHexagon size={16} aria-hidden />
      {compact ? count : t("questions", { count })}
    </Link>
  );
}
