import { Button, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ExportDialog } from "@/components/export/ExportDialog";
import { type SearchFilter, sessionsFound } from "./sessionsFound";

/** Exports the sessions of all results of a search, not only those of the page. */
export function ExportFound({ filter, shown }: { filter: SearchFilter; shown: string }) {
  const { t } = useTranslation("history");
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button
        variant="subtle"
        size="compact-xs"
        leftSection={<IconDownload size={13} aria-hidden />}
        onClick={() => setOpened(true)}
      >
        {t("export.found")}
      </Button>
      {opened && (
        <ExportDialog
          title={t("export.foundTitle")}
          find={(signal, found) => sessionsFound(filter, signal, found)}
          onClose={() => setOpened(false)}
        >
          <Text size="sm">{t("export.foundHint", { shown, query: filter.query })}</Text>
        </ExportDialog>
      )}
    </>
  );
}
