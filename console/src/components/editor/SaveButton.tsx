import { Button } from "@mantine/core";
import { IconDeviceFloppy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

interface SaveButtonProps {
  enabled: boolean;
  loading: boolean;
  onClick: () => void;
}

export function SaveButton({ enabled, loading, onClick }: SaveButtonProps) {
  const { t } = useTranslation("components");
  return (
    <Button
      leftSection={<IconDeviceFloppy size={14} aria-hidden />}
      onClick={onClick}
      disabled={!enabled}
      loading={loading}
      aria-keyshortcuts="Control+S"
    >
      {t("editor.save")}
    </Button>
  );
}
