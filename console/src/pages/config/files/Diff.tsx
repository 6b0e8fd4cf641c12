import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Scrollable } from "@/components/Scrollable";
import classes from "./Diff.module.css";

/** A difference as `diff -u` has it, without its two lines of names. */
export function Diff({ text }: { text: string }) {
  const { t } = useTranslation("config");
  const lines = text.replace(/\n$/, "").split("\n").slice(2);
  if (lines.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("versions.equal")}
      </Text>
    );
  }
  return (
    <Scrollable className={classes.diff} label={t("versions.difference")}>
      <pre>
        {lines.map((line, index) => (
          <span key={index} className={classes.line} data-kind={KINDS[line.charAt(0)]}>
            {line === "" ? " " : line}
          </span>
        ))}
      </pre>
    </Scrollable>
  );
}

const KINDS: Record<string, string> = { "+": "added", "-": "removed", "@": "place" };
