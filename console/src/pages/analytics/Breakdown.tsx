import { ActionIcon, Anchor, Button, Group, Tabs, Text, Title, Tooltip } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { csv, download, type Cell } from "@/hooks/csv";
import { PARTS, columnKey, columnsBy, rowsBy, sorted, type By, type PartColumn, type PartRow } from "./breakdowns";
import { PartTable } from "./PartTable";
import type { Part } from "./links";
import type { Span } from "./span";
import { useReports } from "./useReports";
import type { Filters } from "./useSeries";

const SHOWN = 15;

export interface Order {
  by: string;
  sort_by: string;
  sort_order: string;
}

interface BreakdownProps {
  span: Span;
  filters: Filters;
  compare: boolean;
  order: Order;
  onOrder: (order: Partial<Order>) => void;
  linkOf: (part: Omit<Part, "start_time" | "end_time">) => string;
  /** A workflow or a model is chosen for the whole page. */
  onChoose: (part: PartRow["part"]) => void;
}

/** The same time by workflow, model, node and kind of error. */
export function Breakdown({ span, filters, compare, order, onOrder, linkOf, onChoose }: BreakdownProps) {
  const { t } = useTranslation("analytics");
  const [all, setAll] = useState(false);
  const by = PARTS.find((part) => part === order.by) ?? "workflow";
  const now = useReports(span, filters, span.every);
  const past = useReports(span.before, filters, 0, compare);
  const reports = now.reports;
  const columns = reports === undefined ? [] : columnsBy(by, reports);
  const rows = reports === undefined ? [] : rowsBy(by, reports);
  const before =
    compare && past.reports !== undefined ? new Map(rowsBy(by, past.reports).map((row) => [row.key, row])) : undefined;
  const chosen =
    order.sort_by === "name" ? null : (columns.find((one) => columnKey(one) === order.sort_by) ?? columns[0] ?? null);
  const inOrder = sorted(rows, chosen, order.sort_order !== "asc");
  const error = now.error ?? (compare ? past.error : null);
  return (
    <Tabs
      value={by}
      onChange={(part) => {
        setAll(false);
        onOrder({ by: part ?? "workflow", sort_by: "", sort_order: "desc" });
      }}
      keepMounted={false}
    >
      <Group justify="space-between" align="flex-end" mb="xs" wrap="nowrap">
        <Title order={2} fz="sm">
          {t("by.title")}
        </Title>
        <Tooltip label={t("by.export")}>
          <ActionIcon
            aria-label={t("by.export")}
            disabled={rows.length === 0}
            onClick={() =>
              download(`flowdeck-by-${by}-${span.start_time.slice(0, 10)}.csv`, table(by, columns, inOrder))
            }
          >
            <IconDownload size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Group>
      <Tabs.List mb="sm">
        {PARTS.map((part) => (
          <Tabs.Tab key={part} value={part}>
            {t(`by.${part}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value={by}>
        {error !== null && reports === undefined ? (
          <ErrorState error={error} retry={now.refetch} />
        ) : reports === undefined ? (
          <Loading rows={4} />
        ) : rows.length === 0 ? (
          <Text size="sm" c="dimmed" py="md" ta="center">
            {by === "error" ? t("chart.noErrors") : t("by.none")}
          </Text>
        ) : (
          <>
            <PartTable
              by={by}
              rows={all ? inOrder : inOrder.slice(0, SHOWN)}
              largest={chosen === null ? null : Math.max(0, ...rows.map((row) => chosen.value(row) ?? 0))}
              columns={columns}
              chosen={chosen}
              before={before}
              order={{ sort_by: chosen === null ? "name" : columnKey(chosen), sort_order: order.sort_order }}
              onOrder={onOrder}
              linkOf={linkOf}
              onChoose={onChoose}
            />
            <Group justify="space-between" mt="xs">
              {rows.length > SHOWN ? (
                <Button variant="subtle" onClick={() => setAll(!all)}>
                  {all ? t("by.fewer") : t("by.all", { count: rows.length })}
                </Button>
              ) : (
                <Text size="xs" c="dimmed">
                  {rows.some(({ tokens }) => tokens?.estimated === true) && t("by.estimated")}
                </Text>
              )}
              {by === "error" && (
                <Anchor component={Link} to="/errors" size="xs">
                  {t("by.groups")}
                </Anchor>
              )}
            </Group>
          </>
        )}
      </Tabs.Panel>
    </Tabs>
  );

  function table(part: By, shown: readonly PartColumn[], values: readonly PartRow[]): string {
    const head: Cell[] = [
      ...(part === "node" ? [t("by.workflow")] : []),
      t(`by.${part}`),
      ...shown.map(({ name, currency, unit }) =>
        currency === undefined
          ? `${t(`column.${name}`)}${unit === "duration" ? " (ms)" : ""}`
          : t("chart.costIn", { currency }),
      ),
    ];
    const cells = values.map((row): Cell[] => [
      ...(part === "node" ? [row.context ?? ""] : []),
      row.name,
      ...shown.map((column) =>
        column.currency === undefined ? column.value(row) : (row.cost?.costs[column.currency] ?? null),
      ),
    ]);
    return csv([head, ...cells]);
  }
}
