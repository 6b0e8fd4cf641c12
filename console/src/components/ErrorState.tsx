import { Button, Code, Group, List, Paper, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconRefresh } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Problem, UNREACHABLE } from "@/api/problem";
import { Copy } from "./Copy";
import { useIsBack } from "./useIsBack";

interface ErrorStateProps {
  error: unknown;
  retry?: (() => unknown) | undefined;
  /** What is done by itself when a server that was not reached is back. Null: `retry` waits for a person. */
  onBack?: (() => unknown) | null;
}

/** What went wrong, in the server's own words, with what one needs to look it up, and a way to try again. */
export function ErrorState({ error, retry, onBack = retry ?? null }: ErrorStateProps) {
  const { t } = useTranslation("components");
  const problem = error instanceof Problem ? error : null;
  const lost = problem?.code === UNREACHABLE;
  const isBack = useIsBack(lost, onBack);
  const detail = lost
    ? t(onBack !== null ? "error.unreachable" : isBack ? "error.back" : "error.notDone")
    : error instanceof Error
      ? error.message
      : String(error);
  return (
    <Paper p="md" role="alert">
      <Group align="flex-start" wrap="nowrap" gap="sm">
        <Text c="var(--flowdeck-bad)" lh={0} mt={2}>
          <IconAlertTriangle size={18} aria-hidden />
        </Text>
        <Stack gap="xs" miw={0}>
          <Text fw={600}>{lost ? t(isBack ? "error.backTitle" : "error.unreachableTitle") : t("error.title")}</Text>
          <Text size="sm" className="break">
            {detail}
          </Text>
          {problem !== null && problem.errors.length > 0 && (
            <List size="sm">
              {problem.errors.map((place) => (
                <List.Item key={`${place.file ?? ""}:${place.line ?? ""}:${place.field}:${place.message}`}>
                  <Code>
                    {[place.file, place.line, place.field].filter((part) => part != null && part !== "").join(":")}
                  </Code>{" "}
                  {place.message}
                </List.Item>
              ))}
            </List>
          )}
          {problem !== null && !lost && (
            <Group gap="xs">
              <Code>{problem.code}</Code>
              {problem.request_id !== "" && (
                <Group gap={2}>
                  <Text size="xs" c="dimmed">
                    {t("error.requestId")} <span className="mono">{problem.request_id}</span>
                  </Text>
                  <Copy value={problem.request_id} label={t("error.copyRequestId")} />
                </Group>
              )}
            </Group>
          )}
          {retry !== undefined && (
            <div>
              <Button
                variant="default"
                leftSection={<IconRefresh size={14} aria-hidden />}
                onClick={() => void retry()}
              >
                {t("error.retry")}
              </Button>
            </div>
          )}
        </Stack>
      </Group>
    </Paper>
  );
}
