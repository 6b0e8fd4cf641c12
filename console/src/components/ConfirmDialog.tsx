import { Button, Group, Modal, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ErrorState } from "./ErrorState";

interface ConfirmDialogProps {
  opened: boolean;
  title: string;
  /** What will happen, and whether it can be undone. */
  children: ReactNode;
  confirm: string;
  dangerous?: boolean;
  /** The mutation that `onConfirm` starts. */
  action: { isPending: boolean; error: unknown; reset: () => void };
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks first, then does one thing, and says if it did not work. What is dangerous is not what Enter does. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { t } = useTranslation("components");
  const { opened, title, children, confirm, dangerous = false, action, onConfirm, onClose } = props;
  const close = () => {
    action.reset();
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title={title}>
      <Stack gap="md">
        {children}
        {action.error !== null && <ErrorState error={action.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close} data-autofocus={dangerous || undefined}>
            {t("confirm.cancel")}
          </Button>
          <Button
            color={dangerous ? "red.8" : undefined}
            loading={action.isPending}
            onClick={onConfirm}
            data-autofocus={!dangerous || undefined}
          >
            {confirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
