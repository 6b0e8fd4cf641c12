import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Scrollable } from "@/components/Scrollable";
import classes from "./Diff.module.css";

interface DiffProps {
  text: string;
  /** What it is between; left out: what restoring or saving changes. */
  label?: string;
}

/** A difference as `diff -u` has it, without its two lines of names. */
export function Diff({ text, label }: DiffProps) {
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
    <Scrollable className={classes.diff} label={label ?? t("versions.difference")}>
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
