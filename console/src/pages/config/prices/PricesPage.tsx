import { Stack } from "@mantine/core";
import { api } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { ConfigTabs } from "../ConfigTabs";
import { OwnPrices } from "./OwnPrices";
import { priceRows } from "./priceRows";
import { PriceTable } from "./PriceTable";
import { Reprice } from "./Reprice";

/** What a million tokens cost now, whose word that is, and pricing past calls again. */
export default function PricesPage() {
  const models = api.useQuery("get", "/api/config/models");
  const own = api.useQuery("get", "/api/config/prices");
  const error = models.error ?? own.error;
  if (models.data === undefined || own.data === undefined) {
    const retry = () => Promise.all([models.refetch(), own.refetch()]);
    return (
      <ConfigTabs shown="prices">
        {error === null ? <Loading rows={8} /> : <ErrorState error={error} retry={retry} />}
      </ConfigTabs>
    );
  }
  const rows = priceRows(models.data.models);
  return (
    <ConfigTabs shown="prices">
      <Stack gap="xl">
        <PriceTable rows={rows} />
        <OwnPrices prices={own.data.prices} used={rows} />
        <Reprice models={[...new Set(rows.map(({ model }) => model))]} />
      </Stack>
    </ConfigTabs>
  );
}
