import { Anchor, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schemas } from "@/api/client";
import { Copy } from "@/components/Copy";
import { nodePlace } from "@/components/nodePlace";
import { useFormat } from "@/hooks/useFormat";
import { useMessageOf } from "@/hooks/useMessageOf";
import classes from "./Occurrences.module.css";
import { RetryRun } from "./RetryRun";
import { Severity } from "./Severity";
import { Stack as CallStack } from "./Stack";

interface OccurrenceProps {
  occurrence: Schemas["OccurrenceResponse"];
  /** The group's, which is said already. */
  message: string;
}

/** One time that it occurred. */
export function Occurrence({ occurrence, message }: OccurrenceProps) {
  const { t } = useTranslation("errors");
  const format = useFormat();
  const messageOf = useMessageOf();
  const { session_id, run_id, request_id, provider_status } = occurrence;
  const place = nodePlace(occurrence);
  return (
    <Stack gap="sm">
      {messageOf(occurrence) !== message && (
        <Text size="sm" className="break">
          {messageOf(occurrence)}
        </Text>
      )}
      <div className={classes.details}>
        <span>{format.dateTime(occurrence.occurred_at)}</span>
        <Severity severity={occurrence.severity} />
        {place !== null && <span className="mono break">{place}</span>}
        {provider_status !== null && <span>{t("providerStatus", { status: provider_status })}</span>}
        {occurrence.retryable && <span>{t("passing")}</span>}
        {session_id !== null && (
          <Anchor component={Link} to={`/sessions/${encodeURIComponent(session_id)}`} size="xs">
            {session_id}
          </Anchor>
        )}
        {run_id !== null && (
          <span>
            <span className="mono">{run_id}</span>
            <Copy value={run_id} label={t("copyRun")} />
          </span>
        )}
        {request_id !== null && (
          <span>
            <span className="mono">{request_id}</span>
            <Copy value={request_id} label={t("copyRequest")} />
          </span>
        )}
      </div>
      <CallStack frames={occurrence.stack} />
      {session_id !== null && run_id !== null && (
        <RetryRun
          runId={run_id}
          sessionId={session_id}
          type={occurrence.type}
          offered={occurrence.links.retry !== null}
        />
      )}
    </Stack>
  );
}
