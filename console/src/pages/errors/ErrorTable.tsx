import { Anchor, Checkbox, Group, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { DataTable } from "@/components/DataTable";
import { SortHeader, type SortOrder } from "@/components/SortHeader";
import { TimeAgo } from "@/components/TimeAgo";
import { useFormat } from "@/hooks/useFormat";
import { useMessageOf } from "@/hooks/useMessageOf";
import type { Group as ErrorGroup, GroupSort } from "./errorList";
import classes from "./ErrorTable.module.css";
import { GroupStatus } from "./GroupStatus";
import { Severity } from "./Severity";

interface ErrorTableProps {
  groups: readonly ErrorGroup[];
  stale: boolean;
  sort: { sort_by: string; sort_order: string };
  onSort: (sort: { sort_by: GroupSort; sort_order: SortOrder }) => void;
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
}

export function ErrorTable({ groups, stale, sort, onSort, selected, onSelect }: ErrorTableProps) {
  const { t } = useTranslation("errors");
  const format = useFormat();
  const messageOf = useMessageOf();
  const shown = groups.map(({ group_id }) => group_id);
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
          <Table.Th>{t("column.error")}</Table.Th>
          <Table.Th visibleFrom="sm">{t("column.severity")}</Table.Th>
          <Table.Th visibleFrom="md">{t("column.kind")}</Table.Th>
          <SortHeader label={t("column.count")} by="count" sort={sort} onSort={onSort} />
          <SortHeader label={t("column.firstSeen")} by="first_seen" sort={sort} onSort={onSort} visibleFrom="md" />
          <SortHeader label={t("column.lastSeen")} by="last_seen" sort={sort} onSort={onSort} visibleFrom="sm" />
        </>
      }
    >
      {groups.map((group) => (
        <Table.Tr key={group.group_id} bg={selected.has(group.group_id) ? "var(--flowdeck-hover)" : undefined}>
          <Table.Td>
            <Checkbox
              size="xs"
              aria-label={t("select", { error: messageOf(group) })}
              checked={selected.has(group.group_id)}
              onChange={({ currentTarget }) => select([group.group_id], currentTarget.checked)}
            />
          </Table.Td>
          <Table.Td className={classes.error}>
            <Anchor component={Link} to={`/errors/${encodeURIComponent(group.group_id)}`} className={classes.link}>
              {messageOf(group)}
            </Anchor>
            <Group gap="xs" wrap="nowrap">
              {(group.status !== "open" || group.regressed) && <GroupStatus group={group} />}
              <Text size="xs" c="dimmed" hiddenFrom="sm" component="span">
                <TimeAgo at={group.last_seen} />
              </Text>
              <Text size="xs" c="dimmed" className="truncate">
                <span className="mono">{group.type}</span>
                {[group.workflow, group.node].map((name) => (name === null ? "" : ` · ${name}`)).join("")}
              </Text>
            </Group>
          </Table.Td>
          <Table.Td visibleFrom="sm">
            <Severity severity={group.severity} />
          </Table.Td>
          <Table.Td visibleFrom="md" className="nowrap">
            {t(`kind.${group.kind}`)}
          </Table.Td>
          <Table.Td className="number">{format.number(group.count)}</Table.Td>
          <Table.Td visibleFrom="md">
            <TimeAgo at={group.first_seen} />
          </Table.Td>
          <Table.Td visibleFrom="sm">
            <TimeAgo at={group.last_seen} />
          </Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  );
}
