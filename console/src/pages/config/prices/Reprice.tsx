import { Button, Group, Progress, Select, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { TimeFilter } from "@/components/TimeFilter";
import { WorkflowFilter } from "@/components/WorkflowFilter";
import { timeRange } from "@/hooks/timeRange";
import { RepriceOutcome } from "./RepriceOutcome";
import { useReprice } from "./useReprice";

/** Prices past calls by the prices in force: first what that would change, then, when it is wanted, the change. */
export function Reprice({ models }: { models: string[] }) {
  const { t } = useTranslation("config");
  const [chosen, setChosen] = useState({ model: "", workflow: "", time: "" });
  const tried = api.useMutation("post", "/api/analytics/reprice");
  const { change: done, share, stop } = useReprice();
  const choose = (changes: Partial<typeof chosen>) => {
    tried.reset();
    done.reset();
    setChosen({ ...chosen, ...changes });
  };
  const body = () => {
    const { model, workflow, time } = chosen;
    const found = { ...(model === "" ? {} : { model }), ...(workflow === "" ? {} : { workflow }) };
    return { body: { ...found, ...timeRange(time, Date.now()), dry_run: true } };
  };
  const begin = () => {
    if (tried.data !== undefined) {
      done.mutate({ body: tried.variables.body, outcome: tried.data }, { onSuccess: () => tried.reset() });
    }
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
              tried.mutate(body());
            }}
          >
            {t("reprice.try")}
          </Button>
        </Group>
        {tried.data !== undefined && (
          <RepriceOutcome outcome={tried.data}>
            {done.isPending ? (
              <Button variant="default" onClick={stop}>
                {t("reprice.stop")}
              </Button>
            ) : (
              <Button color="red.8" onClick={begin}>
                {t("reprice.begin", { count: tried.data.changed })}
              </Button>
            )}
          </RepriceOutcome>
        )}
        {done.isPending && <Progress value={share * 100} aria-label={t("reprice.title")} animated />}
        {done.data !== undefined && <RepriceOutcome outcome={done.data} />}
        {tried.error !== null && <ErrorState error={tried.error} />}
        {done.error !== null && <ErrorState error={done.error} />}
      </Stack>
    </section>
  );
}
