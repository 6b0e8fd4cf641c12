import { Badge, Group, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { DataTable } from "@/components/DataTable";
import { Money } from "@/components/Figures";
import { TimeAgo } from "@/components/TimeAgo";
import { useFormat } from "@/hooks/useFormat";
import type { Call, CallRow } from "./useCalls";

/** Calls, the latest first, each with what its kinds of token cost. */
export function CallTable({ rows }: { rows: readonly CallRow[] }) {
  const { t } = useTranslation("session");
  const format = useFormat();
  return (
    <DataTable
      label={t("cost.items")}
      head={
        <>
          <Table.Th>{t("cost.call")}</Table.Th>
          <Table.Th>{t("cost.unit")}</Table.Th>
          <Table.Th ta="right">{t("cost.quantity")}</Table.Th>
          <Table.Th ta="right" visibleFrom="sm">
            {t("cost.unitPrice")}
          </Table.Th>
          <Table.Th ta="right">{t("cost.cost")}</Table.Th>
        </>
      }
    >
      {rows.map(({ call, item, isFirst }) => (
        <Table.Tr key={`${call.model_call_id} ${item?.unit ?? ""}`}>
          <Table.Td>{isFirst && <CallName call={call} />}</Table.Td>
          <Table.Td>{item?.unit ?? "–"}</Table.Td>
          <Table.Td ta="right" className="number">
            {format.number(item?.quantity)}
          </Table.Td>
          <Table.Td ta="right" visibleFrom="sm">
            <Money amount={item?.unit_price} currency={item?.currency} />
          </Table.Td>
          <Table.Td ta="right">
            <Money amount={item?.cost} currency={item?.currency} />
          </Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  );
}

function CallName({ call }: { call: Call }) {
  const { t } = useTranslation("session");
  return (
    <>
      <Group gap={6}>
        <span className="break">{call.model}</span>
        {call.estimated && <Badge variant="default">{t("cost.estimated")}</Badge>}
        {call.cost === null && <Badge variant="default">{t("cost.unpriced")}</Badge>}
      </Group>
      <Text size="xs" c="dimmed">
        {call.node} · <TimeAgo at={call.created_at} />
      </Text>
    </>
  );
}
