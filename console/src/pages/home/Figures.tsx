import { SimpleGrid } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { Duration, Money, Tokens } from "@/components/Figures";
import { Tile } from "@/components/Tile";
import { useFormat } from "@/hooks/useFormat";
import { useToday } from "./today";

const EVERY_MS = 60_000; // what the pushed figures do not tell, such as midnight
const TREND = {
  params: {
    query: { metric: "sessions", time_range: "1d", tz: Intl.DateTimeFormat().resolvedOptions().timeZone },
  },
} as const;

/** What happened today: each figure of the server's own counting. */
export function Figures() {
  const { t } = useTranslation("home");
  const format = useFormat();
  const start_time = useToday();
  const day = { params: { query: { start_time } } };
  const options = { refetchInterval: EVERY_MS };
  const performance = api.useQuery("get", "/api/analytics/performance", day, options);
  const tokens = api.useQuery("get", "/api/analytics/tokens", day, options);
  const cost = api.useQuery("get", "/api/analytics/cost", day, options);
  const sessions = api.useQuery("get", "/api/analytics/trends", TREND, options);
  const failed = [performance, tokens, cost, sessions].find(({ error }) => error !== null);
  if (failed !== undefined) {
    return <ErrorState error={failed.error} retry={failed.refetch} />;
  }
  const started = sessions.data?.points
    .filter(({ start }) => start >= start_time.slice(0, 16))
    .reduce((sum, { value }) => sum + Number(value), 0);
  const costs = Object.entries(cost.data?.costs ?? {});
  const unpriced = cost.data?.unpriced_calls ?? 0;
  return (
    <SimpleGrid cols={{ base: 2, xs: 3, lg: 6 }} spacing="sm" aria-label={t("figures.label")} role="group">
      <Tile label={t("figures.sessions")} pending={sessions.isPending}>
        {format.number(started)}
      </Tile>
      <Tile
        label={t("figures.runs")}
        pending={performance.isPending}
        note={(performance.data?.failed ?? 0) > 0 && t("figures.failed", { count: performance.data?.failed ?? 0 })}
      >
        {format.number(performance.data?.total_requests)}
      </Tile>
      <Tile label={t("figures.success")} pending={performance.isPending}>
        {format.percent(performance.data?.success_rate)}
      </Tile>
      <Tile label={t("figures.p95")} pending={performance.isPending}>
        <Duration ms={performance.data?.response_time_ms.p95} />
      </Tile>
      <Tile
        label={t("figures.tokens")}
        pending={tokens.isPending}
        note={tokens.data?.estimated === true && t("figures.estimated")}
      >
        <Tokens count={tokens.data?.total_tokens} />
      </Tile>
      <Tile
        label={t("figures.cost")}
        pending={cost.isPending}
        note={unpriced > 0 && t("figures.unpriced", { count: unpriced })}
      >
        {costs.length === 0
          ? format.money(cost.data?.total_cost, cost.data?.currency)
          : costs.map(([currency, amount]) => <Money key={currency} amount={amount} currency={currency} />)}
      </Tile>
    </SimpleGrid>
  );
}
