import { Group, Loader, Select, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { Duration } from "@/components/Figures";
import { StatusBadge } from "@/components/StatusBadge";
import { useFormat } from "@/hooks/useFormat";
import { type Run, saidIn, type SessionRuns } from "../useSessionRuns";
import classes from "./runPicker.module.css";
import type { ShownRun } from "./useShownRun";

const AT_ONCE = 50;
const NEXT = {
  pageParamName: "page",
  initialPageParam: 1,
  getNextPageParam: (last: { page: number; has_next: boolean }) => (last.has_next ? last.page + 1 : undefined),
};

/** Which run is shown, how it stands, and how long it took. The list has all runs: older ones come as it is scrolled. */
export function RunPicker({ runs, shown }: { runs: SessionRuns; shown: ShownRun }) {
  const { t } = useTranslation("session");
  const format = useFormat();
  const [opened, setOpened] = useState(false);
  const { run, choose } = shown;
  const older = api.useInfiniteQuery(
    "get",
    "/api/sessions/{session_id}/runs",
    { params: { path: { session_id: run?.session_id ?? "" }, query: { page_size: AT_ONCE, page: 1 } } },
    { ...NEXT, enabled: opened && run !== undefined && runs.total > AT_ONCE },
  );
  if (run === undefined) {
    return null;
  }
  const read = older.data?.pages.flatMap((page) => page.runs) ?? [];
  const all = read.length > (runs.runs?.length ?? 0) ? read : (runs.runs ?? []);
  const byId = new Map(all.map((one) => [one.run_id, one]));
  const listed = all.map(({ run_id, created_at }, index) => ({
    value: run_id,
    label: t("panel.run", { number: runs.total - index, time: format.dateTime(created_at) }),
  }));
  return (
    <Group gap="4px 12px">
      <Select
        aria-label={t("panel.chooseRun")}
        data={
          byId.has(run.run_id) ? listed : [...listed, { value: run.run_id, label: format.dateTime(run.created_at) }]
        }
        value={run.run_id}
        onChange={(value) => value !== null && choose(value)}
        onDropdownOpen={() => setOpened(true)}
        allowDeselect={false}
        w={265}
        classNames={{ input: classes.input ?? "" }}
        comboboxProps={{ width: 340, position: "bottom-start" }}
        maxDropdownHeight={360}
        renderOption={({ option }) => <RunOption label={option.label} run={byId.get(option.value) ?? run} />}
        scrollAreaProps={{
          onBottomReached: () => {
            if (older.hasNextPage && !older.isFetchingNextPage) {
              void older.fetchNextPage();
            }
          },
        }}
        {...(older.isFetchingNextPage ? { rightSection: <Loader size={12} /> } : {})}
      />
      <StatusBadge status={run.status} />
      <RunTime run={run} />
    </Group>
  );
}

/** A run in the list: its number and time, how it stands, how long it took, and what was said to it. */
function RunOption({ label, run }: { label: string; run: Run }) {
  const said = saidIn(run);
  return (
    <div className={classes.option}>
      <Group gap={8} wrap="nowrap" justify="space-between">
        <span className="nowrap">{label}</span>
        <StatusBadge status={run.status} />
      </Group>
      <Group gap={8} wrap="nowrap">
        <Text size="xs" c="dimmed" className="truncate" flex={1}>
          {said ?? (run.input == null ? "" : JSON.stringify(run.input))}
        </Text>
        <Text size="xs" c="dimmed" component="span">
          <RunTime run={run} />
        </Text>
      </Group>
    </div>
  );
}

function RunTime({ run: { started_at, completed_at } }: { run: Run }) {
  return started_at === null || completed_at === null ? null : (
    <Duration ms={Date.parse(completed_at) - Date.parse(started_at)} />
  );
}
