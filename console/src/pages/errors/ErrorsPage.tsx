import { Button, Group, Text } from "@mantine/core";
import { IconCircleCheck, IconFilterOff } from "@tabler/icons-react";
import { keepPreviousData, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, client, invalidate } from "@/api/client";
import { BulkDialog } from "@/components/BulkDialog";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Page } from "@/components/Page";
import { Pager } from "@/components/Pager";
import { useNow } from "@/hooks/useNow";
import { useUrlState } from "@/hooks/useUrlState";
import { ErrorFilters } from "./ErrorFilters";
import {
  ERRORS,
  type ErrorsState,
  filterOf,
  type GroupSort,
  NO_FILTERS,
  ofStanding,
  type Standing,
  standingOf,
} from "./errorList";
import { ErrorTable } from "./ErrorTable";
import { StandingTabs } from "./StandingTabs";
import { EVERY_MS, useErrorsAreLive } from "./useErrorsAreLive";

const DECISIONS = {
  resolve: "/api/errors/{group_id}/resolve",
  mute: "/api/errors/{group_id}/mute",
  reopen: "/api/errors/{group_id}/reopen",
} as const;
type Decision = keyof typeof DECISIONS;

/** What can be decided about many at once. */
const OFFERED: Record<Standing, Decision[]> = {
  open: ["resolve", "mute"],
  regressed: ["resolve", "mute"],
  resolved: ["reopen"],
  muted: ["reopen"],
  all: ["resolve", "mute", "reopen"],
};

/** Everything that failed, in groups of the same failure. */
export default function ErrorsPage() {
  const { t } = useTranslation("errors");
  const [state, setState] = useUrlState(ERRORS);
  useErrorsAreLive();
  return (
    <Page title={t("title")}>
      <StandingTabs state={state} onChange={setState}>
        <ErrorFilters state={state} onChange={setState} />
        <Groups key={state.standing} state={state} onChange={setState} />
      </StandingTabs>
    </Page>
  );
}

interface GroupsProps {
  state: ErrorsState;
  onChange: (changes: Partial<ErrorsState>) => void;
}

function Groups({ state, onChange }: GroupsProps) {
  const { t } = useTranslation("errors");
  const now = useNow();
  const queries = useQueryClient();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState<Decision | null>(null);
  const standing = standingOf(state.standing);
  const query = {
    ...filterOf(state, now),
    ...ofStanding(standing),
    page: state.page,
    page_size: state.page_size,
    sort_by: state.sort_by as GroupSort,
    sort_order: state.sort_order as "asc" | "desc",
  };
  const { data, error, isPending, isPlaceholderData, refetch } = api.useQuery(
    "get",
    "/api/errors/",
    { params: { query } },
    { placeholderData: keepPreviousData, refetchInterval: EVERY_MS },
  );
  if (error !== null && data === undefined) {
    return <ErrorState error={error} retry={refetch} />;
  }
  if (isPending) {
    return <Loading rows={12} />;
  }
  if (data.total === 0) {
    const filtered = Object.keys(NO_FILTERS).some((key) => state[key as keyof typeof NO_FILTERS] !== "");
    return filtered ? (
      <EmptyState
        icon={IconFilterOff}
        title={t("none.filtered")}
        action={
          <Button variant="default" mt="xs" onClick={() => onChange(NO_FILTERS)}>
            {t("none.clear")}
          </Button>
        }
      />
    ) : (
      <EmptyState icon={IconCircleCheck} title={t(`none.${standing}`)}>
        {t(`none.${standing}Hint`)}
      </EmptyState>
    );
  }
  return (
    <>
      {selected.size > 0 && (
        <Group gap="xs" mb="xs">
          <Text size="sm" c="dimmed" className="number">
            {t("selected", { count: selected.size })}
          </Text>
          {OFFERED[standing].map((decision) => (
            <Button key={decision} variant="default" onClick={() => setAsking(decision)}>
              {t(`decide.${decision}`)}
            </Button>
          ))}
        </Group>
      )}
      <ErrorTable
        groups={data.groups}
        stale={isPlaceholderData}
        sort={state}
        onSort={onChange}
        selected={selected}
        onSelect={setSelected}
      />
      <Pager
        page={state.page}
        pageSize={state.page_size}
        total={data.total}
        hasNext={data.has_next}
        onChange={onChange}
      />
      {asking !== null && (
        <BulkDialog
          opened
          title={t(`bulk.${asking}`, { count: selected.size })}
          confirm={t(`decide.${asking}`)}
          items={[...selected]}
          act={(group_id) => client.POST(DECISIONS[asking], { params: { path: { group_id } } })}
          onDone={() => {
            setSelected(new Set());
            void invalidate(queries, "/api/errors/", "/api/errors/{group_id}");
          }}
          onClose={() => setAsking(null)}
        >
          {t(`decide.${asking}Hint`)}
        </BulkDialog>
      )}
    </>
  );
}
