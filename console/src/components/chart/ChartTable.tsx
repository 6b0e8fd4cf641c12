import { Anchor, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import classes from "./Chart.module.css";
import type { ChartData } from "./chartTypes";

interface ChartTableProps {
  label: string;
  data: ChartData;
  height: number;
  linkOf?: ((index: number) => string) | undefined;
}

/** The chart's numbers, for those who do not see it or want them exactly. */
export function ChartTable({ label, data, height, linkOf }: ChartTableProps) {
  const { t } = useTranslation("components");
  return (
    // It scrolls in itself, so it must be reachable by the keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={classes.table} style={{ height }} tabIndex={0} role="region" aria-label={label}>
      <Table aria-label={label} verticalSpacing={4} fz="xs" stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("chart.time")}</Table.Th>
            {data.series.map(({ name }) => (
              <Table.Th key={name} ta="right">
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {data.points.map(({ title }, index) => (
            <Table.Tr key={title}>
              <Table.Th scope="row" fw={400} className="nowrap">
                {linkOf === undefined ? (
                  title
                ) : (
                  <Anchor component={Link} to={linkOf(index)} size="xs">
                    {title}
                  </Anchor>
                )}
              </Table.Th>
              {data.series.map(({ name, values }) => (
                <Table.Td key={name} ta="right" className="number">
                  {data.format(values[index] ?? null)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
