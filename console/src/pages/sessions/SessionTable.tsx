import { Anchor, Checkbox, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schemas } from "@/api/client";
import { DataTable } from "@/components/DataTable";
import { SortHeader, type SortOrder } from "@/components/SortHeader";
import { ForkMark } from "@/components/ForkMark";
import { StatusBadge } from "@/components/StatusBadge";
import { TimeAgo } from "@/components/TimeAgo";
import classes from "./SessionTable.module.css";
import { workflowOf } from "./workflowOf";

type Session = Schemas["SessionResponse"];
type Sort = "created_at" | "updated_at" | "status" | "session_id";

interface SessionTableProps {
  sessions: readonly Session[];
  stale: boolean;
  sort: { sort_by: string; sort_order: string };
  onSort: (sort: { sort_by: Sort; sort_order: SortOrder }) => void;
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
}

export function SessionTable({ sessions, stale, sort, onSort, selected, onSelect }: SessionTableProps) {
  const { t } = useTranslation("sessions");
  const shown = sessions.map(({ session_id }) => session_id);
  const all = shown.every((id) => selected.has(id));
  const select = (ids: readonly string[], on: boolean) => {
    const next = new Set(selected);
    ids.forEach((id) => (on ? next.add(id) : next.delete(id)));
    onSelect(next);
  };
  return (
    <DataTable
      label={t("title")}
      stale={stale}
      head={
        <>
          <Table.Th w={36}>
            <Checkbox
              size="xs"
              aria-label={t("selectAll")}
              checked={all}
              indeterminate={!all && shown.some((id) => selected.has(id))}
              onChange={({ currentTarget }) => select(shown, currentTarget.checked)}
            />
          </Table.Th>
          <SortHeader label={t("column.session")} by="session_id" first="asc" sort={sort} onSort={onSort} />
          <Table.Th visibleFrom="sm">{t("column.workflow")}</Table.Th>
          <SortHeader label={t("column.status")} by="status" first="asc" sort={sort} onSort={onSort} />
          <SortHeader label={t("column.created")} by="created_at" sort={sort} onSort={onSort} visibleFrom="md" />
          <SortHeader label={t("column.updated")} by="updated_at" sort={sort} onSort={onSort} visibleFrom="sm" />
        </>
      }
    >
      {sessions.map((session) => (
        <Table.Tr key={session.session_id} bg={selected.has(session.session_id) ? "var(--flowdeck-hover)" : undefined}>
          <Table.Td>
            <Checkbox
              size="xs"
              aria-label={t("select", { session: session.title ?? session.session_id })}
              checked={selected.has(session.session_id)}
              onChange={({ currentTarget }) => select([session.session_id], currentTarget.checked)}
            />
          </Table.Td>
          <Table.Td className={classes.name}>
            <Anchor
              component={Link}
              to={`/sessions/${encodeURIComponent(session.session_id)}`}
              className={classes.link}
            >
              {session.forked_from !== null && <ForkMark />}
              {session.title ?? session.session_id}
            </Anchor>
            {session.title !== null && (
              <Text size="xs" c="dimmed" className="mono truncate">
                {session.session_id}
              </Text>
            )}
          </Table.Td>
          <Table.Td visibleFrom="sm">
            <Anchor
              component={Link}
              to={`/workflows/${encodeURIComponent(session.workflow_id)}`}
              c="inherit"
              underline="hover"
              display="block"
              className="truncate"
            >
              {workflowOf(session)}
            </Anchor>
          </Table.Td>
          <Table.Td>
            <StatusBadge status={session.status} />
          </Table.Td>
          <Table.Td visibleFrom="md">
            <TimeAgo at={session.created_at} />
          </Table.Td>
          <Table.Td visibleFrom="sm">
            <TimeAgo at={session.updated_at} />
          </Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  );
}
