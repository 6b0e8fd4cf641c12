import { Anchor, Badge, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schemas } from "@/api/client";
import { DataTable } from "@/components/DataTable";
import { SortHeader, type SortOrder } from "@/components/SortHeader";
import { TimeAgo } from "@/components/TimeAgo";
import { useFormat } from "@/hooks/useFormat";
import { figuresPathOf, pathOf } from "./links";
import { RowActions } from "./RowActions";
import { useRecentRuns } from "./useRecentRuns";
import { useLoadedFiles } from "./useLoadedFiles";
import { versionOf } from "./versionOf";
import classes from "./WorkflowTable.module.css";

type Workflow = Schemas["WorkflowResponse"];
export type WorkflowSort = "loaded_at" | "name" | "last_used";

interface WorkflowTableProps {
  workflows: readonly Workflow[];
  stale: boolean;
  sort: { sort_by: string; sort_order: string };
  onSort: (sort: { sort_by: WorkflowSort; sort_order: SortOrder }) => void;
  onDelete: (workflow: Workflow) => void;
}

export function WorkflowTable({ workflows, stale, sort, onSort, onDelete }: WorkflowTableProps) {
  const { t } = useTranslation("workflows");
  const format = useFormat();
  const recent = useRecentRuns();
  const files = useLoadedFiles();
  return (
    <DataTable
      label={t("title")}
      stale={stale}
      head={
        <>
          <SortHeader label={t("column.workflow")} by="name" first="asc" sort={sort} onSort={onSort} />
          <Table.Th visibleFrom="sm">{t("column.version")}</Table.Th>
          <Table.Th visibleFrom="md" ta="right">
            {t("column.nodes")}
          </Table.Th>
          <Table.Th ta="right">{t("column.runs")}</Table.Th>
          <Table.Th visibleFrom="sm" ta="right">
            {t("column.success")}
          </Table.Th>
          <SortHeader label={t("column.lastUsed")} by="last_used" sort={sort} onSort={onSort} visibleFrom="md" />
          <SortHeader label={t("column.loaded")} by="loaded_at" sort={sort} onSort={onSort} visibleFrom="sm" />
          <Table.Th aria-label={t("column.actions")} />
        </>
      }
    >
      {workflows.map((workflow) => {
        const runs = recent?.get(workflow.name);
        return (
          <Table.Tr key={workflow.workflow_id}>
            <Table.Td className={classes.name}>
              <Anchor component={Link} to={pathOf(workflow.workflow_id)} className={classes.link}>
                {workflow.name}
              </Anchor>
              {workflow.description !== "" && (
                <Text size="xs" c="dimmed" className="truncate" title={workflow.description}>
                  {workflow.description}
                </Text>
              )}
            </Table.Td>
            <Table.Td visibleFrom="sm" className="nowrap">
              {versionOf(t, workflow)}
              {files.changedOf(workflow.workflow_id) !== undefined && (
                <Badge size="sm" variant="light" color="yellow" ml={8} className={classes.changed}>
                  {t("fileChanged")}
                </Badge>
              )}
            </Table.Td>
            <Table.Td visibleFrom="md" ta="right" className="number">
              {format.number(nodesOf(workflow))}
            </Table.Td>
            <Table.Td ta="right" className="number">
              {recent === undefined ? (
                format.number(null)
              ) : (
                <Anchor component={Link} to={figuresPathOf(workflow.name)} inherit c="inherit" underline="hover">
                  {format.number(runs?.total_requests ?? 0)}
                </Anchor>
              )}
            </Table.Td>
            <Table.Td visibleFrom="sm" ta="right" className="number">
              {format.percent(runs?.success_rate)}
            </Table.Td>
            <Table.Td visibleFrom="md">
              {workflow.last_used === null ? format.number(null) : <TimeAgo at={workflow.last_used} />}
            </Table.Td>
            <Table.Td visibleFrom="sm">
              <TimeAgo at={workflow.loaded_at} />
            </Table.Td>
            <Table.Td w={72}>
              <RowActions workflow={workflow} onDelete={() => onDelete(workflow)} />
            </Table.Td>
          </Table.Tr>
        );
      })}
    </DataTable>
  );
}

/** START and END are places, not nodes. */
function nodesOf({ nodes }: Workflow): number {
  return nodes.filter(({ type }) => type !== "start" && type !== "end").length;
}
