import { Table, UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import classes from "./SortHeader.module.css";

export type SortOrder = "asc" | "desc";

interface SortHeaderProps<Key extends string> {
  label: string;
  by: Key;
  sort: { sort_by: string; sort_order: string };
  /** Which way a first click sorts. */
  first?: SortOrder;
  onSort: (sort: { sort_by: Key; sort_order: SortOrder }) => void;
  visibleFrom?: "sm" | "md";
  /** As the column's values are. */
  align?: "left" | "right";
}

/** A column's head that sorts by it, and the other way round when it does already. */
export function SortHeader<Key extends string>(props: SortHeaderProps<Key>) {
  const { label, by, sort, first = "desc", onSort, visibleFrom, align = "left" } = props;
  const sorted = sort.sort_by === by;
  const descending = sort.sort_order === "desc";
  const other = descending ? "asc" : "desc";
  return (
    <Table.Th
      aria-sort={sorted ? (descending ? "descending" : "ascending") : "none"}
      visibleFrom={visibleFrom}
      ta={align}
    >
      <UnstyledButton
        className={classes.button}
        onClick={() => onSort({ sort_by: by, sort_order: sorted ? other : first })}
      >
        {label}
        <span className={classes.arrow} data-shown={sorted || undefined}>
          {descending || !sorted ? <IconArrowDown size={13} aria-hidden /> : <IconArrowUp size={13} aria-hidden />}
        </span>
      </UnstyledButton>
    </Table.Th>
  );
}
