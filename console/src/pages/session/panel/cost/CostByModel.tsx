import { Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { DataTable } from "@/components/DataTable";
import { Money } from "@/components/Figures";
import { useFormat } from "@/hooks/useFormat";

/** What each model has cost, by currency. */
export function CostByModel({ costs }: { costs: Record<string, Schemas["PartCost"]> }) {
  const { t } = useTranslation("session");
  const format = useFormat();
  return (
    <DataTable
      label={t("cost.byModel")}
      head={
        <>
          <Table.Th>{t("cost.model")}</Table.Th>
          <Table.Th ta="right">{t("cost.calls")}</Table.Th>
          <Table.Th ta="right">{t("cost.unpriced")}</Table.Th>
          <Table.Th ta="right">{t("cost.cost")}</Table.Th>
        </>
      }
    >
      {Object.entries(costs).map(([model, part]) => (
        <Table.Tr key={model}>
          <Table.Td className="break">{model}</Table.Td>
          <Table.Td ta="right" className="number">
            {format.number(part.calls)}
          </Table.Td>
          <Table.Td ta="right" className="number">
            {format.number(part.unpriced_calls)}
          </Table.Td>
          <Table.Td ta="right">
            {Object.keys(part.costs).length === 0 && <Money amount={null} currency={null} />}
            {Object.entries(part.costs).map(([currency, amount]) => (
              <div key={currency}>
                <Money amount={amount} currency={currency} />
              </div>
            ))}
          </Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  );
}
