import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import panel from "../panel.module.css";
import classes from "./difference.module.css";

const AT_MOST = 500; // changes that are drawn

/** What changed in the state from one checkpoint to the other, place by place. */
export function StateDifference({ sessionId, from, to }: { sessionId: string; from: string; to: string }) {
  const { t } = useTranslation("session");
  const { data, error, refetch } = api.useQuery("get", "/api/sessions/{session_id}/checkpoints/diff", {
    params: { path: { session_id: sessionId }, query: { from, to } },
  });
  if (data === undefined) {
    return error === null ? <Loading rows={6} /> : <ErrorState error={error} retry={refetch} />;
  }
  return (
    <div className={panel.padded}>
      <Text size="xs" c="dimmed" mb={6}>
        {t("state.changes", { count: data.changes.length })}
      </Text>
      {data.changes.slice(0, AT_MOST).map((change, index) => (
        <Change key={index} change={change} />
      ))}
      {data.changes.length > AT_MOST && (
        <Text size="xs" c="dimmed">
          {t("tree.more", { count: data.changes.length - AT_MOST })}
        </Text>
      )}
    </div>
  );
}

function Change({ change: { op, path, before, after } }: { change: Schemas["DifferenceResponse"] }) {
  const { t } = useTranslation("session");
  return (
    <div className={classes.change} data-op={op}>
      <Text size="xs" fw={600} className="mono break">
        {path} <span className={classes.op}>{t(`state.op.${op}`)}</span>
      </Text>
      {op !== "add" && <pre className={classes.before}>{JSON.stringify(before, null, 2)}</pre>}
      {op !== "remove" && <pre className={classes.after}>{JSON.stringify(after, null, 2)}</pre>}
    </div>
  );
}
