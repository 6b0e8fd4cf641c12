import { Table } from "@mantine/core";
import type { ReactNode } from "react";
import { Scrollable } from "./Scrollable";
import classes from "./DataTable.module.css";

interface DataTableProps {
  /** What the table lists, for those who hear it. */
  label: string;
  head: ReactNode;
  children: ReactNode;
  /** The rows shown are of before, and the new ones are on their way. */
  stale?: boolean;
}

/** The one look of tables. It scrolls sideways in itself where a window is too narrow. */
export function DataTable({ label, head, children, stale = false }: DataTableProps) {
  return (
    <Scrollable className={classes.container}>
      <Table aria-label={label} highlightOnHover data-stale={stale || undefined} className={classes.table}>
        <Table.Thead>
          <Table.Tr>{head}</Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </Scrollable>
  );
}
