import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Group } from "./errorList";

/** What a person has decided about a group, or that it has come back since. */
export function GroupStatus({ group }: { group: Pick<Group, "status" | "regressed"> }) {
  const { t } = useTranslation("errors");
  if (group.regressed) {
    return (
      <Badge size="sm" variant="light" color="red">
        {t("standing.regressed")}
      </Badge>
    );
  }
  return (
    <Badge size="sm" variant={group.status === "open" ? "light" : "default"}>
      {t(`standing.${group.status}`)}
    </Badge>
  );
}
