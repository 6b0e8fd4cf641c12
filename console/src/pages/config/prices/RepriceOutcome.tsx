import { Group, Paper, Stack, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Copy } from "@/components/Copy";
import { DataTable } from "@/components/DataTable";
import { Money } from "@/components/Figures";
import { useFormat } from "@/hooks/useFormat";

interface RepriceOutcomeProps {
  outcome: Schemas["RepricingResponse"];
  /** What can be done about it; shown where something would change. */
  children?: ReactNode;
}

/** What pricing again would change, or has changed: how many calls, and their sums by currency. */
export function RepriceOutcome({ outcome, children }: RepriceOutcomeProps) {
  const { t } = useTranslation("config");
  const format = useFormat();
  const { examined, changed, newly_priced, no_longer_priced, before, after, difference, repricing_id } = outcome;
  const shown = (count: number) => ({ count, shown: format.number(count) });
  const currencies = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return (
    <Paper p="sm" role="status">
      <Stack gap="sm">
        <Text size="sm">
          {changed === 0
            ? t("reprice.same", shown(examined))
            : `${t(outcome.dry_run ? "reprice.would" : "reprice.changed", shown(changed))} ${t("reprice.of", shown(examined))}`}
          {newly_priced > 0 && ` ${t("reprice.newly", shown(newly_priced))}`}
          {no_longer_priced > 0 && ` ${t("reprice.noLonger", shown(no_longer_priced))}`}
        </Text>
        {currencies.length > 0 && (
          <DataTable
            label={t("reprice.sums")}
            head={
              <>
                <Table.Th>{t("reprice.currency")}</Table.Th>
                <Table.Th ta="right">{t("reprice.before")}</Table.Th>
                <Table.Th ta="right">{t("reprice.after")}</Table.Th>
                <Table.Th ta="right">{t("reprice.difference")}</Table.Th>
              </>
            }
          >
            {currencies.map((currency) => (
              <Table.Tr key={currency}>
                <Table.Td>{currency}</Table.Td>
                {[before, after, difference].map((sums, column) => (
                  <Table.Td key={column} ta="right">
                    <Money amount={sums[currency]} currency={currency} />
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </DataTable>
        )}
        {repricing_id !== null && (
          <Group gap={4}>
            <Text size="xs" c="dimmed">
              {t("reprice.kept")} <span className="mono">{repricing_id}</span>
            </Text>
            <Copy value={repricing_id} label={t("reprice.copy")} />
          </Group>
        )}
        {changed > 0 && children !== undefined && (
          <Group justify="space-between">
            <Text size="xs" c="dimmed" maw={620}>
              {t("reprice.consequence")}
            </Text>
            {children}
          </Group>
        )}
      </Stack>
    </Paper>
  );
}
