import { Table, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { DataTable } from "@/components/DataTable";
import { UNKNOWN } from "@/hooks/formats";
import { listedRate, OWN, type PriceRow, shownFrom, type Unit, UNITS } from "./priceRows";

/** The prices in force of the configured models; where prices.yaml says otherwise, the listed price stands below. */
export function PriceTable({ rows }: { rows: readonly PriceRow[] }) {
  const { t } = useTranslation("config");
  return (
    <section>
      <Title order={2} fz="sm" mb={6}>
        {t("prices.inForce")}
      </Title>
      <DataTable
        label={t("prices.inForce")}
        head={
          <>
            <Table.Th>{t("prices.model")}</Table.Th>
            <Table.Th visibleFrom="sm">{t("prices.source")}</Table.Th>
            {UNITS.map((unit) => (
              <Table.Th key={unit} ta="right" visibleFrom={shownFrom(unit)}>
                {t(`prices.unit.${unit}`)}
              </Table.Th>
            ))}
          </>
        }
      >
        {rows.map((row) => (
          <Table.Tr key={`${row.provider}/${row.model}`}>
            <Table.Td>
              <span className="mono">{row.model}</span>
              <Text size="xs" c="dimmed">
                {row.provider} · {row.names.join(", ")}
              </Text>
              <Text size="xs" hiddenFrom="sm" component="div">
                <Source row={row} />
              </Text>
            </Table.Td>
            <Table.Td visibleFrom="sm">
              <Source row={row} />
            </Table.Td>
            {UNITS.map((unit) => (
              <Table.Td key={unit} ta="right" className="number" visibleFrom={shownFrom(unit)}>
                <Rate row={row} unit={unit} />
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </DataTable>
    </section>
  );
}

function Source({ row: { price } }: { row: PriceRow }) {
  const { t } = useTranslation("config");
  if (price === null) {
    return (
      <Text span size="xs" c="dimmed">
        {t("prices.unknown")}
      </Text>
    );
  }
  return (
    <>
      <Text span inherit fw={price.source === OWN ? 500 : undefined} className="nowrap">
        {price.source}
      </Text>
      {price.version !== null && (
        <Text size="xs" c="dimmed" className="nowrap">
          {t("prices.version", { version: price.version })}
        </Text>
      )}
    </>
  );
}

/** Exactly as it is in force: rounding a rate would tell another one. */
function Rate({ row, unit }: { row: PriceRow; unit: Unit }) {
  const { t } = useTranslation("config");
  const rate = row.price?.rates[unit];
  const listed = listedRate(row, unit);
  return (
    <>
      {rate === undefined ? UNKNOWN : `${rate} ${row.price?.currency ?? ""}`}
      {listed !== null && (
        <Text size="xs" c="dimmed">
          {t("prices.listed", { rate: listed })}
        </Text>
      )}
    </>
  );
}
