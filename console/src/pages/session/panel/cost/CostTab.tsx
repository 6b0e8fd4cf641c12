import { Button, Group, Stack, Text } from "@mantine/core";
import { IconCoin, IconFileTypeCsv } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, invalidate } from "@/api/client";
import { useSessionEvents } from "@/api/useLive";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Money } from "@/components/Figures";
import { Loading } from "@/components/Loading";
import { Pager } from "@/components/Pager";
import { Scrollable } from "@/components/Scrollable";
import { csv, download } from "@/hooks/csv";
import panel from "../panel.module.css";
import type { PanelProps } from "../SessionPanel";
import { CallTable } from "./CallTable";
import { CostByModel } from "./CostByModel";
import { useCalls } from "./useCalls";

/** What a session's calls to models have cost: in all, by model, and item by item of each call. */
export default function CostTab({ session }: PanelProps) {
  const { t } = useTranslation("session");
  const { session_id } = session;
  const queries = useQueryClient();
  const [place, setPlace] = useState({ page: 1, page_size: 20 });
  const total = api.useQuery("get", "/api/analytics/cost/{session_id}", { params: { path: { session_id } } });
  const { calls, rows, error, refetch } = useCalls(session_id, place);
  useSessionEvents(session_id, {
    onEvent: ({ type }) => {
      if (type === "model_call") {
        void invalidate(queries, "/api/analytics/cost/{session_id}", "/api/sessions/{session_id}/model-calls");
      }
    },
  });
  const failure = error ?? total.error;
  if (calls === undefined || total.data === undefined) {
    return failure === null ? (
      <Loading rows={8} />
    ) : (
      <ErrorState
        error={failure}
        retry={() => {
          refetch();
          void total.refetch();
        }}
      />
    );
  }
  if (calls.total === 0) {
    return (
      <EmptyState icon={IconCoin} title={t("cost.none")}>
        {t("cost.noneText")}
      </EmptyState>
    );
  }
  const { costs, unpriced_calls, cost_by_model } = total.data;
  const save = () => {
    const head = ["time", "model_call_id", "run_id", "node", "provider", "model", "estimated", "unit", "quantity"];
    const lines = rows.map(({ call, item }) => [
      call.created_at,
      call.model_call_id,
      call.run_id,
      call.node,
      call.provider,
      call.model,
      String(call.estimated),
      item?.unit ?? null,
      item?.quantity ?? null,
      item?.unit_price ?? null,
      item?.cost ?? null,
      item?.currency ?? null,
    ]);
    download(`${session_id}-cost.csv`, csv([[...head, "price_per_million", "cost", "currency"], ...lines]));
  };
  return (
    <>
      <div className={panel.bar}>
        <Text size="sm">
          {t("cost.total")}{" "}
          <Text span fw={600} data-testid="cost-total">
            {Object.keys(costs).length === 0 ? (
              <Money amount={null} currency={null} />
            ) : (
              Object.entries(costs).map(([currency, amount]) => (
                <Text span key={currency} mr={8}>
                  <Money amount={amount} currency={currency} />
                </Text>
              ))
            )}
          </Text>
        </Text>
        {unpriced_calls > 0 && (
          <Text size="xs" c="var(--flowdeck-waiting)">
            {t("cost.without", { count: unpriced_calls })}
          </Text>
        )}
        <Group ml="auto">
          <Button variant="default" leftSection={<IconFileTypeCsv size={14} aria-hidden />} onClick={save}>
            {t("cost.export")}
          </Button>
        </Group>
      </div>
      <Scrollable className={panel.scroller} label={t("tab.cost")}>
        <Stack gap="md" className={panel.padded ?? ""}>
          <CostByModel costs={cost_by_model} />
          <CallTable rows={rows} />
          <Pager
            page={place.page}
            pageSize={place.page_size}
            total={calls.total}
            hasNext={calls.has_next}
            onChange={(changes) => setPlace({ ...place, ...changes })}
          />
        </Stack>
      </Scrollable>
    </>
  );
}
