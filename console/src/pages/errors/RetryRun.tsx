import { Button, Group, NumberInput, Stack, Text } from "@mantine/core";
import { IconPlayerSkipForward } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { RetryOutcome } from "./RetryOutcome";

const LIMITS = ["steps", "seconds", "tokens", "cost", "fan_out"] as const;

interface RetryRunProps {
  runId: string;
  sessionId: string;
  /** Of the error: one that a limit has stopped can be given more. */
  type: string;
  /** Whether the run has failed and may be retried now. */
  offered: boolean;
}

/** Has the failed run go on from its last checkpoint, and shows what comes of it. */
export function RetryRun({ runId, sessionId, type, offered }: RetryRunProps) {
  const { t } = useTranslation("errors");
  const [more, setMore] = useState<string | number>("");
  const limit = LIMITS.find((name) => type === `limit_${name}`);
  const retry = useMutation({
    mutationFn: async () => {
      const limits = limit === undefined || more === "" ? null : { [limit]: Number(more) };
      const { data } = await client.POST("/api/runs/{run_id}/retry", {
        params: { path: { run_id: runId } },
        body: { mode: "background", on_disconnect: "continue", limits },
      });
      return data as Schemas["RunResponse"]; // in the background the answer is the run, and never a stream
    },
  });
  if (!offered && retry.data === undefined) {
    return null;
  }
  return (
    <Stack gap="xs">
      {offered && (
        <Group gap="xs" align="flex-end">
          {limit !== undefined && (
            <NumberInput
              size="xs"
              label={t(`retry.limit.${limit}`)}
              placeholder={t("retry.asBefore")}
              min={limit === "cost" || limit === "seconds" ? 0 : 1}
              allowDecimal={limit === "cost" || limit === "seconds"}
              value={more}
              onChange={setMore}
              w={170}
            />
          )}
          <Button
            variant="default"
            leftSection={<IconPlayerSkipForward size={14} aria-hidden />}
            loading={retry.isPending}
            onClick={() => retry.mutate()}
          >
            {t("retry.begin")}
          </Button>
        </Group>
      )}
      {retry.error !== null && <ErrorState error={retry.error} />}
      {retry.data !== undefined && (
        <RetryOutcome key={retry.data.attempt} runId={runId} sessionId={sessionId} attempt={retry.data.attempt} />
      )}
      {retry.data === undefined && retry.error === null && (
        <Text size="xs" c="dimmed">
          {t("retry.hint")}
        </Text>
      )}
    </Stack>
  );
}
