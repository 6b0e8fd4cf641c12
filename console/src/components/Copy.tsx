import { ActionIcon, CopyButton, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

/** A small button that puts a value on the clipboard and says that it did. */
export function Copy({ value, label }: { value: string; label?: string }) {
  const { t } = useTranslation("components");
  return (
    <CopyButton value={value} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t("copy.done") : (label ?? t("copy.label"))}>
          <ActionIcon size="sm" aria-label={label ?? t("copy.label")} onClick={copy}>
            {copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}
