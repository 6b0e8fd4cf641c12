import { Button, Menu } from "@mantine/core";
import {
  IconChevronUp,
  IconClockPause,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerSkipForward,
  IconPlayerStop,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Run } from "../useSessionRuns";
import type { OnConflict } from "./useSend";
import { useRunActions } from "./useRunActions";

interface SendMenuProps {
  active: Run | undefined;
  /** There is something that can be sent. */
  ready: boolean;
  onSend: (onConflict: OnConflict) => void;
  onRunEmpty: () => void;
}

/** Other ways to send, and to pause what is under way. */
export function SendMenu({ active, ready, onSend, onRunEmpty }: SendMenuProps) {
  const { t } = useTranslation("session");
  const { pause } = useRunActions();
  const pausable = active?.status === "running" && active.stop_requested === null;
  return (
    <Menu position="top-end">
      <Menu.Target>
        <Button px={6} aria-label={t("composer.more")}>
          <IconChevronUp size={14} aria-hidden />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {active !== undefined && (
          <>
            <Menu.Item
              leftSection={<IconPlayerStop size={14} aria-hidden />}
              disabled={!ready}
              onClick={() => onSend("cancel_previous")}
            >
              {t("composer.cancelPrevious")}
            </Menu.Item>
            <Menu.Item
              leftSection={<IconPlayerSkipForward size={14} aria-hidden />}
              disabled={!ready}
              onClick={() => onSend("stop_after_step")}
            >
              {t("composer.interrupt")}
            </Menu.Item>
            <Menu.Item
              leftSection={<IconPlayerPause size={14} aria-hidden />}
              disabled={!pausable}
              onClick={() => pause.mutate({ params: { path: { run_id: active.run_id } } })}
            >
              {t("composer.pause")}
            </Menu.Item>
            <Menu.Divider />
          </>
        )}
        <Menu.Item
          leftSection={
            active === undefined ? <IconPlayerPlay size={14} aria-hidden /> : <IconClockPause size={14} aria-hidden />
          }
          onClick={onRunEmpty}
        >
          {t("composer.runEmpty")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
