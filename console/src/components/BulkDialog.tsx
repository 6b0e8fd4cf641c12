import { Button, Code, Group, List, Modal, Progress, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useBulk } from "@/hooks/useBulk";

interface BulkDialogProps {
  opened: boolean;
  title: string;
  /** What will happen, and whether it can be undone. */
  children: ReactNode;
  confirm: string;
  dangerous?: boolean;
  items: readonly string[];
  act: (item: string) => Promise<unknown>;
  /** After all is done, or as much as was done before it was cancelled; `count` of them went well. */
  onDone: (count: number) => void;
  onClose: () => void;
}

/** Asks first, then does something to many with a progress bar; it can be stopped, and says what did not work. */
export function BulkDialog(props: BulkDialogProps) {
  const { t } = useTranslation("components");
  const { progress, start, cancel, reset } = useBulk();
  const working = progress.state === "working";
  const close = () => {
    reset();
    props.onClose();
  };
  const begin = async () => {
    const ended = await start(props.items, props.act);
    props.onDone(ended.done - ended.failures.length);
    if (ended.failures.length === 0) {
      close();
    }
  };
  return (
    <Modal opened={props.opened} onClose={working ? cancel : close} title={props.title} closeOnClickOutside={!working}>
      <Stack gap="md">
        {progress.state === "idle" ? (
          <Text size="sm">{props.children}</Text>
        ) : (
          <>
            <Progress
              value={(progress.done / Math.max(progress.total, 1)) * 100}
              aria-label={props.title}
              animated={working}
            />
            <Text size="sm" className="number" role="status">
              {t("bulk.progress", { done: progress.done, total: progress.total })}
            </Text>
          </>
        )}
        {progress.failures.length > 0 && (
          <List size="sm" role="alert">
            {progress.failures.map(({ item, error }) => (
              <List.Item key={item}>
                <Code>{item}</Code> {error instanceof Error ? error.message : String(error)}
              </List.Item>
            ))}
          </List>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={working ? cancel : close}>
            {progress.state === "idle" ? t("bulk.cancel") : working ? t("bulk.stop") : t("bulk.close")}
          </Button>
          {progress.state === "idle" && (
            <Button color={props.dangerous === true ? "red.8" : undefined} onClick={begin} data-autofocus>
              {props.confirm}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}
