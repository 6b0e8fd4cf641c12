import { Tabs } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { useFormat } from "@/hooks/useFormat";
import { useNow } from "@/hooks/useNow";
import { type ErrorsState, filterOf, ofStanding, type Standing, STANDINGS, standingOf } from "./errorList";
import classes from "./StandingTabs.module.css";
import { EVERY_MS } from "./useErrorsAreLive";

interface StandingTabsProps {
  state: ErrorsState;
  onChange: (changes: Partial<ErrorsState>) => void;
  children: ReactNode;
}

/** The groups by what was decided about them, each with how many fit the filters. */
export function StandingTabs({ state, onChange, children }: StandingTabsProps) {
  const { t } = useTranslation("errors");
  const chosen = standingOf(state.standing);
  return (
    <Tabs value={chosen} onChange={(standing) => onChange({ standing: standingOf(standing ?? "") })}>
      <Tabs.List mb="sm" className={classes.tabs}>
        {STANDINGS.map((standing) => (
          <Tabs.Tab key={standing} value={standing} rightSection={<Count state={state} standing={standing} />}>
            {t(`standing.${standing}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value={chosen}>{children}</Tabs.Panel>
    </Tabs>
  );
}

function Count({ state, standing }: { state: ErrorsState; standing: Standing }) {
  const format = useFormat();
  const now = useNow();
  const query = { ...filterOf(state, now), ...ofStanding(standing), page_size: 1 };
  const { data } = api.useQuery(
    "get",
    "/api/errors/",
    { params: { query } },
    { placeholderData: keepPreviousData, refetchInterval: EVERY_MS },
  );
  return (data?.total ?? 0) > 0 && <span className={classes.count}>{format.compact(data?.total)}</span>;
}
