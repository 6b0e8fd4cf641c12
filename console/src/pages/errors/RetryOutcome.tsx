import { Group, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, invalidate } from "@/api/client";
import { useSessionEvents } from "@/api/useLive";
import { ErrorState } from "@/components/ErrorState";
import { StatusBadge } from "@/components/StatusBadge";
import { currentLanguage } from "@/app/i18n";

const UNDER_WAY = new Set(["queued", "running", "cancelling"]);
const EVERY_MS = 2_000; // should the socket be gone

interface RetryOutcomeProps {
  runId: string;
  sessionId: string;
  /** The one that was begun. */
  attempt: number;
}

/** How a run's next attempt goes: told by the socket as it happens. */
export function RetryOutcome({ runId, sessionId, attempt }: RetryOutcomeProps) {
  const { t } = useTranslation("errors");
  const queries = useQueryClient();
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/runs/{run_id}",
    { params: { path: { run_id: runId } } },
    { staleTime: 0, refetchInterval: ({ state }) => (ended(state.data?.status) ? false : EVERY_MS) },
  );
  useSessionEvents(sessionId, {
    onEvent: ({ type }) => {
      if (type === "session_update") {
        void refetch();
      }
    },
  });
  const tellPage = useEffectEvent(() => invalidate(queries, "/api/errors/", "/api/errors/{group_id}"));
  const status = data?.status;
  useEffect(() => {
    if (ended(status)) {
      void tellPage();
    }
  }, [status]);
  if (data === undefined) {
    return error === null ? null : <ErrorState error={error} retry={refetch} />;
  }
  const message = currentLanguage() === "zh" ? data.error?.message_zh : data.error?.message;
  return (
    <div role="status" data-testid="retry-outcome">
      <Group gap="xs">
        <Text size="sm">{t("retry.attempt", { attempt: Math.max(attempt, data.attempt) })}</Text>
        <StatusBadge status={data.status} />
      </Group>
      {data.status === "failed" && message !== undefined && (
        <Text size="sm" c="dimmed" className="break">
          {message}
        </Text>
      )}
      {data.status === "interrupted" && (
        <Text size="sm" c="dimmed">
          {t("retry.asks")}
        </Text>
      )}
    </div>
  );
}

function ended(status: string | undefined): boolean {
  return status !== undefined && !UNDER_WAY.has(status);
}
