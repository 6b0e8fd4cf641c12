import { Code, List, Progress, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { ErrorState } from "@/components/ErrorState";
import { useFormat } from "@/hooks/useFormat";
import { ExportBroken } from "./exportSessions";
import type { ExportState } from "./useExport";

/** How far an export has come, or how it has ended. */
export function ExportOutcome({ title, state, progress, file, error }: ExportState & { title: string }) {
  const { t } = useTranslation("components");
  const format = useFormat();
  const { finding, sessions, done, messages, ofMessages, bytes, failures } = progress;
  const share = ofMessages === 0 ? 0 : messages / ofMessages;
  const values = {
    sessions: format.number(sessions),
    done: format.number(done),
    messages: format.number(messages),
    ofMessages: format.number(ofMessages),
    bytes: format.bytes(bytes),
  };
  const why = (failure: unknown) =>
    failure instanceof ExportBroken || failure instanceof RangeError
      ? new Error(t(failure instanceof RangeError ? "export.tooLarge" : "export.broken"))
      : failure;
  return (
    <Stack gap="xs">
      {state === "working" && (
        <>
          <Progress
            value={finding || sessions === 0 ? 0 : ((done + (done < sessions ? share : 0)) / sessions) * 100}
            aria-label={title}
          />
          <Text size="sm" className="number" role="status">
            {finding
              ? t("export.finding", values)
              : sessions > 1
                ? t("export.ofSessions", values)
                : t("export.ofMessages", values)}
          </Text>
        </>
      )}
      {state === "saved" && (
        <Text size="sm" role="status" className="break">
          {t("export.saved", { name: file?.name, size: format.bytes(file?.size) })}
        </Text>
      )}
      {state === "cancelled" && (
        <Text size="sm" role="status">
          {t("export.cancelled")}
        </Text>
      )}
      {state === "failed" && <ErrorState error={why(error)} />}
      {state === "saved" && failures.length > 0 && (
        <List size="sm" role="alert">
          {failures.map((failure) => {
            const reason = why(failure.error);
            return (
              <List.Item key={failure.sessionId}>
                <Code>{failure.sessionId}</Code> {reason instanceof Error ? reason.message : String(reason)}
              </List.Item>
            );
          })}
        </List>
      )}
    </Stack>
  );
}
