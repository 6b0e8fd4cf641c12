import { Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { Copy } from "@/components/Copy";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { TimeAgo } from "@/components/TimeAgo";
import { JsonTree } from "../JsonTree";
import panel from "../panel.module.css";

/** All fields of the state at a checkpoint, and the nodes that execute next. */
export function StateTree({ sessionId, checkpointId }: { sessionId: string; checkpointId: string }) {
  const { t } = useTranslation("session");
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/sessions/{session_id}/checkpoints/{checkpoint_id}",
    { params: { path: { session_id: sessionId, checkpoint_id: checkpointId } } },
    { staleTime: Infinity },
  );
  if (data === undefined) {
    return error === null ? <Loading rows={6} /> : <ErrorState error={error} retry={refetch} />;
  }
  return (
    <div className={panel.padded}>
      <Group gap="sm" mb={4} justify="space-between">
        <Text size="xs" c="dimmed">
          <TimeAgo at={data.created_at} />
          {data.next.length > 0 && ` · ${t("state.next", { nodes: data.next.join(", ") })}`}
        </Text>
        <Copy value={JSON.stringify(data.values, null, 2)} label={t("state.copy")} />
      </Group>
      {Object.entries(data.values).map(([name, value]) => (
        <JsonTree key={name} name={name} value={value} opened />
      ))}
      {Object.keys(data.values).length === 0 && (
        <Text size="sm" c="dimmed">
          {t("state.empty")}
        </Text>
      )}
    </div>
  );
}
