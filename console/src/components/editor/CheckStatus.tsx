import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Check } from "./useCheck";

interface CheckStatusProps {
  check: Check;
  count: number;
  /** There is something to save. */
  dirty: boolean;
}

/** One line on how the text stands: whether it would load, and whether it is saved. */
export function CheckStatus({ check: { told, pending }, count, dirty }: CheckStatusProps) {
  const { t } = useTranslation("components");
  const state = count > 0 ? "wrong" : pending || told === undefined ? "pending" : "good";
  return (
    <>
      <Text span size="xs" role="status" c={COLOURS[state]} data-state={pending ? "pending" : state}>
        {state === "wrong" ? t("editor.check.wrong", { count }) : t(`editor.check.${state}`)}
      </Text>
      <Text span size="xs">
        {t(dirty ? "editor.unsaved" : "editor.saved")}
      </Text>
    </>
  );
}

const COLOURS = { wrong: "var(--flowdeck-bad)", good: "var(--flowdeck-good)", pending: "dimmed" };
