import { CloseButton, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { JsonBlock } from "@/components/CodeBlock";
import { Scrollable } from "@/components/Scrollable";
import list from "../rows.module.css";
import type { StoredEvent } from "./useEventLog";

/** An event as it is told, whole. */
export function EventDetails({ event, onClose }: { event: StoredEvent; onClose: () => void }) {
  const { t } = useTranslation("session");
  return (
    <Scrollable className={list.details} label={t("events.details", { seq: event.seq })}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text fw={600} size="sm">
          {event.seq} · {event.type}
        </Text>
        <CloseButton size="sm" aria-label={t("timeline.close")} onClick={onClose} />
      </Group>
      <JsonBlock value={event} />
    </Scrollable>
  );
}
