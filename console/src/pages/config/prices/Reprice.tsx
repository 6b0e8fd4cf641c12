import { Button, Group, Select, Stack, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { TimeFilter } from "@/components/TimeFilter";
import { WorkflowFilter } from "@/components/WorkflowFilter";
import { timeRange } from "@/hooks/timeRange";
import { RepriceOutcome } from "./RepriceOutcome";

/** Prices past calls by the prices in force: first what that would change, then, when it is wanted, the change. */
export function Reprice({ models }: { models: string[] }) {
  const { t } = useTranslation("config");
  const queries = useQueryClient();
  const [chosen, setChosen] = useState({ model: "", workflow: "", time: "" });
  const tried = api.useMutation("post", "/api/analytics/reprice");
  const done = api.useMutation("post", "/api/analytics/reprice", {
    onSuccess: () => {
      tried.reset();
      return queries.invalidateQueries(); // whatever has a cost may have another now
    },
  });
  const choose = (changes: Partial<typeof chosen>) => {
    tried.reset();
    done.reset();
    setChosen({ ...chosen, ...changes });
  };
  const body = (dry_run: boolean) => {
    if (!dry_run && tried.variables !== undefined) {
      return { body: { ...tried.variables.body, dry_run } }; // exactly those calls that were told
    }
    const { model, workflow, time } = chosen;
    const found = { ...(model === "" ? {} : { model }), ...(workflow === "" ? {} : { workflow }) };
    return { body: { ...found, ...timeRange(time, Date.now()), dry_run } };
  };
  return (
    <section aria-labelledby="reprice">
      <Title order={2} fz="sm" id="reprice">
        {t("reprice.title")}
      </Title>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t("reprice.hint")}
        </Text>
        <Group gap="xs">
          <Select
            aria-label={t("reprice.model")}
            placeholder={t("reprice.anyModel")}
            data={models}
            value={chosen.model === "" ? null : chosen.model}
            onChange={(model) => choose({ model: model ?? "" })}
            searchable
            clearable
            w={220}
          />
          <WorkflowFilter value={chosen.workflow} onChange={(workflow) => choose({ workflow })} />
          <TimeFilter value={chosen.time} onChange={(time) => choose({ time })} />
          <Button
            variant="default"
            loading={tried.isPending}
            onClick={() => {
              done.reset();
              tried.mutate(body(true));
            }}
          >
            {t("reprice.try")}
          </Button>
        </Group>
        {tried.data !== undefined && (
          <RepriceOutcome outcome={tried.data}>
            <Button color="red.8" loading={done.isPending} onClick={() => done.mutate(body(false))}>
              {t("reprice.begin", { count: tried.data.changed })}
            </Button>
          </RepriceOutcome>
        )}
        {done.data !== undefined && <RepriceOutcome outcome={done.data} />}
        {tried.error !== null && <ErrorState error={tried.error} />}
        {done.error !== null && <ErrorState error={done.error} />}
      </Stack>
    </section>
  );
}
