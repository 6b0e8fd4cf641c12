import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ExportDialog } from "@/components/export/ExportDialog";
import { SessionPicker } from "@/components/SessionPicker";

/** Exports one session, whichever is chosen. */
export function ExportSession() {
  const { t } = useTranslation("history");
  const [opened, setOpened] = useState(false);
  const [sessionId, setSessionId] = useState<string | null>(null);
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconDownload size={14} aria-hidden />}
        onClick={() => {
          setSessionId(null);
          setOpened(true);
        }}
      >
        {t("export.open")}
      </Button>
      {opened && (
        <ExportDialog
          title={t("export.title")}
          find={sessionId === null ? undefined : () => Promise.resolve([sessionId])}
          onClose={() => setOpened(false)}
        >
          <SessionPicker value={sessionId} onChange={setSessionId} />
        </ExportDialog>
      )}
    </>
  );
}
