import { Group, SegmentedControl, Select, Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { DayRange } from "@/components/DayRange";
import { WorkflowFilter } from "@/components/WorkflowFilter";
import { daysOf, lastDays } from "@/hooks/timeRange";
import { CUSTOM_DAYS, DEFAULT_RANGE, isRange, RANGES } from "./span";

const CUSTOM = "custom";

export interface Shown {
  range: string;
  workflow: string;
  model: string;
  compare: string;
}

interface ControlsProps {
  shown: Shown;
  /** Models that were called in the time. */
  models: readonly string[];
  onChange: (changes: Partial<Shown>) => void;
}

/** Which time, of which workflow and model, and whether the time before is drawn too. */
export function Controls({ shown, models, onChange }: ControlsProps) {
  const { t } = useTranslation("analytics");
  const days = daysOf(shown.range);
  const choices = new Set([...models, ...(shown.model === "" ? [] : [shown.model])]);
  return (
    <Group gap="xs" mb="md">
      <SegmentedControl
        size="xs"
        aria-label={t("range.label")}
        data={[
          ...RANGES.map((range) => ({ value: range, label: t(`range.${range}`) })),
          { value: CUSTOM, label: t("range.custom") },
        ]}
        value={days !== null ? CUSTOM : isRange(shown.range) ? shown.range : DEFAULT_RANGE}
        onChange={(range) => onChange({ range: range === CUSTOM ? lastDays(CUSTOM_DAYS) : range })}
      />
      {days !== null && <DayRange days={days} onChange={(first, last) => onChange({ range: `${first}..${last}` })} />}
      <WorkflowFilter value={shown.workflow} onChange={(workflow) => onChange({ workflow })} />
      <Select
        aria-label={t("model.label")}
        placeholder={t("model.any")}
        data={[...choices].sort()}
        value={shown.model === "" ? null : shown.model}
        onChange={(model) => onChange({ model: model ?? "" })}
        nothingFoundMessage={t("model.none")}
        searchable
        clearable
        w={190}
      />
      <Switch
        size="xs"
        label={t("before.compare")}
        checked={shown.compare !== ""}
        onChange={({ currentTarget }) => onChange({ compare: currentTarget.checked ? "before" : "" })}
      />
    </Group>
  );
}
