import { Group, Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Duration } from "@/components/Figures";
import { StatusBadge } from "@/components/StatusBadge";
import { useFormat } from "@/hooks/useFormat";
import type { SessionRuns } from "../useSessionRuns";
import type { ShownRun } from "./useShownRun";

/** Which run is shown, how it stands, and from its beginning to its end how long it took. */
export function RunPicker({ runs, shown }: { runs: SessionRuns; shown: ShownRun }) {
  const { t } = useTranslation("session");
  const format = useFormat();
  const { run, choose } = shown;
  if (run === undefined) {
    return null;
  }
  const listed = (runs.runs ?? []).map(({ run_id, created_at }, index) => ({
    value: run_id,
    label: t("panel.run", { number: runs.total - index, time: format.dateTime(created_at) }),
  }));
  const isListed = listed.some(({ value }) => value === run.run_id);
  return (
    <Group gap="4px 12px">
      <Select
        aria-label={t("panel.chooseRun")}
        data={isListed ? listed : [...listed, { value: run.run_id, label: format.dateTime(run.created_at) }]}
        value={run.run_id}
        onChange={(value) => value !== null && choose(value)}
        allowDeselect={false}
        w={265}
      />
      <StatusBadge status={run.status} />
      {run.started_at !== null && run.completed_at !== null && (
        <Duration ms={Date.parse(run.completed_at) - Date.parse(run.started_at)} />
      )}
    </Group>
  );
}
