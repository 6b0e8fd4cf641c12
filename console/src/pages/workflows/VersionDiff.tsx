import { Stack, Text } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { WorkflowGraph } from "@/components/graph/WorkflowGraph";
import { Loading } from "@/components/Loading";
import { Panel } from "@/components/Panel";
import { changedGraph, isSame } from "./graphChanges";
import { GraphChanges } from "./GraphChanges";
import { TextDiff } from "./TextDiff";
import classes from "./VersionDiff.module.css";

/** What differs between two versions: the graph with its changes marked, and the texts line by line. */
export function VersionDiff({ from, to }: { from: string; to: string }) {
  const { t } = useTranslation("workflows");
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/workflows/{workflow_id}/diff",
    { params: { path: { workflow_id: from }, query: { to } } },
    { staleTime: Infinity }, // versions never change
  );
  if (data === undefined) {
    return error === null ? <Loading rows={6} /> : <ErrorState error={error} retry={refetch} />;
  }
  return (
    <Stack gap="md" component="section" aria-label={t("diff.title")}>
      {isSame(data.graph) ? (
        <Text size="sm" c="dimmed">
          {t("diff.sameGraph")}
        </Text>
      ) : (
        <Panel title={t("diff.graph")}>
          <GraphChanges changes={data.graph} />
          <DrawnChanges to={to} changes={data.graph} />
        </Panel>
      )}
      {data.diff === "" ? (
        <Text size="sm" c="dimmed">
          {t("diff.sameText")}
        </Text>
      ) : (
        <Panel title={t("diff.text")}>
          <TextDiff diff={data.diff} label={t("diff.text")} />
        </Panel>
      )}
    </Stack>
  );
}

function DrawnChanges({ to, changes }: { to: string; changes: Schemas["GraphChangesResponse"] }) {
  const { t } = useTranslation("workflows");
  const { data, error, refetch } = api.useQuery("get", "/api/workflows/{workflow_id}/source", {
    params: { path: { workflow_id: to } },
  });
  const graph = useMemo(() => (data === undefined ? null : changedGraph(data, changes)), [data, changes]);
  if (graph === null) {
    return error === null ? <Loading /> : <ErrorState error={error} retry={refetch} />;
  }
  return (
    <div className={classes.graph}>
      <WorkflowGraph label={t("diff.graph")} {...graph} />
    </div>
  );
}
