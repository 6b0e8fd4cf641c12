import { Anchor, Table, Text, VisuallyHidden } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { DataTable } from "@/components/DataTable";
import { SortHeader, type SortOrder } from "@/components/SortHeader";
import classes from "./Breakdown.module.css";
import { columnKey, type By, type PartColumn, type PartRow } from "./breakdowns";
import { Change } from "./Change";
import type { Part } from "./links";
import { useUnits } from "./useUnits";

/** Figures that no list of sessions is about. */
const WITHOUT_SESSIONS = new Set(["errors", "endedEarly"]);

interface PartTableProps {
  by: By;
  rows: readonly PartRow[];
  columns: readonly PartColumn[];
  /** What is sorted by; null: the name. */
  chosen: PartColumn | null;
  /** The largest value of the chosen column, of all rows. */
  largest: number | null;
  /** Rows of the time before by their keys; left out: nothing is compared. */
  before?: ReadonlyMap<string, PartRow> | undefined;
  order: { sort_by: string; sort_order: string };
  onOrder: (order: { sort_by: string; sort_order: SortOrder }) => void;
  linkOf: (part: Omit<Part, "start_time" | "end_time">) => string;
  onChoose: (part: PartRow["part"]) => void;
}

export function PartTable(props: PartTableProps) {
  const { by, rows, columns, chosen, largest, before, order, onOrder, linkOf, onChoose } = props;
  const { t } = useTranslation("analytics");
  return (
    <DataTable
      label={t(`by.${by}`)}
      head={
        <>
          <SortHeader label={t(`by.${by}`)} by="name" first="asc" sort={order} onSort={onOrder} />
          {columns.map((column) => (
            <SortHeader
              key={columnKey(column)}
              label={
                column.currency === undefined
                  ? t(`column.${column.name}`)
                  : t("chart.costIn", { currency: column.currency })
              }
              by={columnKey(column)}
              sort={order}
              onSort={onOrder}
              align="right"
            />
          ))}
        </>
      }
    >
      {rows.map((row) => (
        <Table.Tr key={row.key}>
          <Table.Td className={classes.name}>
            {by === "workflow" || by === "model" ? (
              <Anchor
                component="button"
                type="button"
                ta="left"
                className="break"
                aria-label={t("by.choose", { name: row.name })}
                onClick={() => onChoose(row.part)}
              >
                {row.name}
              </Anchor>
            ) : (
              <span className="break">{row.name}</span>
            )}
            {row.context !== undefined && (
              <Text size="xs" c="dimmed" className="break">
                {row.context}
              </Text>
            )}
          </Table.Td>
          {columns.map((column) => (
            <Table.Td key={columnKey(column)} ta="right" className="number">
              <PartValue
                column={column}
                row={row}
                before={before === undefined ? undefined : (before.get(row.key) ?? null)}
                share={column === chosen && largest !== null && largest > 0 ? (column.value(row) ?? 0) / largest : null}
                to={linkOf({
                  figure: column.figure,
                  ...row.part,
                  ...(column.currency === undefined ? {} : { currency: column.currency }),
                })}
              />
            </Table.Td>
          ))}
        </Table.Tr>
      ))}
    </DataTable>
  );
}

interface PartValueProps {
  column: PartColumn;
  row: PartRow;
  /** Null: it did not occur in the time before. */
  before: PartRow | null | undefined;
  share: number | null;
  to: string;
}

function PartValue({ column, row, before, share, to }: PartValueProps) {
  const { t } = useTranslation("analytics");
  const write = useUnits()(column.unit, column.currency).full;
  const value = column.value(row);
  const estimated = column.name === "tokens" && row.tokens?.estimated === true;
  return (
    <>
      {estimated && <VisuallyHidden>{t("chart.partlyEstimated")}</VisuallyHidden>}
      {estimated && <span aria-hidden>≈ </span>}
      {value === null || value === 0 || WITHOUT_SESSIONS.has(column.name) ? (
        write(value)
      ) : (
        <Anchor component={Link} to={to} inherit c="inherit" underline="hover">
          {write(value)}
        </Anchor>
      )}
      {before !== undefined && (
        <Text size="xs">
          <Change
            now={value}
            before={before === null ? null : column.value(before)}
            write={write}
            worse={column.worse}
            short
          />
        </Text>
      )}
      {share !== null && <div className={classes.bar} style={{ width: `${share * 100}%` }} aria-hidden />}
    </>
  );
}
