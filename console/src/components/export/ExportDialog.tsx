import { Button, Group, Modal, Radio, Stack, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { ExportOutcome } from "./ExportOutcome";
import type { SessionFinder } from "./exportSessions";
import { type Format, FORMATS } from "./messageCounter";
import { useExport } from "./useExport";

interface ExportDialogProps {
  title: string;
  /** What will be exported; a field to choose it. */
  children?: ReactNode;
  /** Undefined: what to export is still to be chosen. */
  find: SessionFinder | undefined;
  onClose: () => void;
}

/** Asks for a format, then exports with progress; it can be stopped, and closing it stops it too. */
export function ExportDialog({ title, children, find, onClose }: ExportDialogProps) {
  const { t } = useTranslation("components");
  const [format, setFormat] = useState<Format>("json");
  const { start, cancel, reset, ...shown } = useExport();
  const asking = shown.state === "idle";
  const working = shown.state === "working";
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      closeOnClickOutside={!working}
      closeButtonProps={{ "aria-label": t("export.close") }}
    >
      <Stack gap="md">
        {asking ? (
          <>
            {children}
            <Radio.Group
              label={t("export.format")}
              value={format}
              onChange={(chosen) => setFormat(FORMATS.find((known) => known === chosen) ?? "json")}
            >
              <Stack gap={6} mt={6}>
                {FORMATS.map((known) => (
                  <Radio
                    key={known}
                    size="xs"
                    value={known}
                    label={t(`export.${known}`)}
                    description={t(`export.${known}Hint`)}
                  />
                ))}
              </Stack>
            </Radio.Group>
          </>
        ) : (
          <ExportOutcome title={title} {...shown} />
        )}
        <Group justify="flex-end" gap="xs">
          {asking && (
            <>
              <Button variant="default" onClick={onClose}>
                {t("export.cancel")}
              </Button>
              <Button disabled={find === undefined} onClick={() => find !== undefined && void start(find, format)}>
                {t("export.begin")}
              </Button>
            </>
          )}
          {working && (
            <>
              <Text size="xs" c="dimmed" mr="auto">
                {t("export.stay")}
              </Text>
              <Button variant="default" onClick={cancel}>
                {t("export.stop")}
              </Button>
            </>
          )}
          {!asking && !working && (
            <>
              {shown.state !== "saved" && (
                <Button variant="default" onClick={reset}>
                  {t("export.again")}
                </Button>
              )}
              <Button onClick={onClose}>{t("export.close")}</Button>
            </>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}
