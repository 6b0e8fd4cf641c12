import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";

/** In one line, what saving a text would change: entries that come, go and differ, and the workflows that use them. */
export function WhatChanges({ check: { entries, workflows } }: { check: Schemas["ConfigCheckResponse"] }) {
  const { t } = useTranslation("config");
  const parts = (["added", "removed", "changed"] as const).flatMap((how) => {
    const names = entries[how];
    return names.length === 0 ? [] : [t(`edit.${how}`, { names: names.join(", ") })];
  });
  if (workflows.length > 0) {
    parts.push(t("archive.concerns", { names: workflows.map(({ name }) => name).join(", ") }));
  }
  return (
    <Text size="xs" role="status" c="dimmed" className="break">
      {parts.length === 0 ? t("edit.nothing") : parts.join(" · ")}
    </Text>
  );
}
