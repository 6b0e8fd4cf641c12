import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** Whether new sessions get a version, might again, or no longer can. */
export function VersionStanding({ version }: { version: { current: boolean; loaded: boolean } }) {
  const { t } = useTranslation("workflows");
  if (version.current) {
    return (
      <Badge size="sm" variant="light" c="var(--flowdeck-good)" color="green">
        {t("standing.current")}
      </Badge>
    );
  }
  return (
    <Badge size="sm" variant="light" c="var(--mantine-color-dimmed)" color="gray">
      {t(version.loaded ? "standing.older" : "standing.unloaded")}
    </Badge>
  );
}
