import { Table, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { DataTable } from "@/components/DataTable";
import { UNKNOWN } from "@/hooks/formats";
import { useFormat } from "@/hooks/useFormat";
import { type PriceRow, shownFrom, UNITS } from "./priceRows";

type OwnPrice = Schemas["OwnPriceResponse"];

interface OwnPricesProps {
  prices: readonly OwnPrice[];
  used: readonly PriceRow[];
}

/** The entries of prices.yaml as they were written, with their tiers, and those that no configured model has. */
export function OwnPrices({ prices, used }: OwnPricesProps) {
  const { t } = useTranslation("config");
  const models = new Set(used.map(({ model }) => model));
  return (
    <section>
      <Title order={2} fz="sm" mb={6}>
        {t("prices.own")}
      </Title>
      {prices.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t("prices.noneOwn")}
        </Text>
      ) : (
        <DataTable
          label={t("prices.own")}
          head={
            <>
              <Table.Th>{t("prices.model")}</Table.Th>
              <Table.Th>{t("prices.prompts")}</Table.Th>
              {UNITS.map((unit) => (
                <Table.Th key={unit} ta="right" visibleFrom={shownFrom(unit)}>
                  {t(`prices.unit.${unit}`)}
                </Table.Th>
              ))}
            </>
          }
        >
          {prices.flatMap((price) => [
            <Entry key={price.model} price={price} rates={price} unused={!models.has(price.model)} />,
            ...price.tiers.map((tier) => (
              <Entry key={`${price.model} ${tier.above}`} price={price} rates={tier} above={tier.above} />
            )),
          ])}
        </DataTable>
      )}
    </section>
  );
}

interface EntryProps {
  price: OwnPrice;
  rates: Pick<OwnPrice, (typeof UNITS)[number]>;
  /** The prompt's tokens from which on the tier counts; left out: the entry itself. */
  above?: number;
  unused?: boolean;
}

function Entry({ price, rates, above, unused = false }: EntryProps) {
  const { t } = useTranslation("config");
  const format = useFormat();
  return (
    <Table.Tr>
      <Table.Td>
        <span className="mono break">{price.model}</span>
        {above === undefined && (
          <Text size="xs" c="dimmed">
            {t("prices.version", { version: price.version })}
            {unused && ` · ${t("prices.unused")}`}
          </Text>
        )}
      </Table.Td>
      <Table.Td className="number">
        {above === undefined ? t("prices.all") : t("prices.above", { count: above, shown: format.number(above) })}
      </Table.Td>
      {UNITS.map((unit) => (
        <Table.Td key={unit} ta="right" className="number" visibleFrom={shownFrom(unit)}>
          {rates[unit] === null ? UNKNOWN : `${rates[unit]} ${price.currency}`}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}
