import { Group, Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { daysOf, lastDays, PERIODS, periodOf } from "@/hooks/timeRange";
import { DayRange } from "./DayRange";

const CUSTOM = "custom";
const FIRST_DAYS = 7; // what a range of days begins with, until others are chosen

interface TimeFilterProps {
  /** As `timeRange` takes it: nothing, `24h`, or `2026-03-01..2026-03-07`. */
  value: string;
  onChange: (value: string) => void;
}

/** Chooses a time: the last hours or days, or from a day to a day. */
export function TimeFilter({ value, onChange }: TimeFilterProps) {
  const { t } = useTranslation("components");
  const days = daysOf(value);
  return (
    <Group gap="xs">
      <Select
        aria-label={t("time.label")}
        placeholder={t("time.any")}
        data={[
          ...PERIODS.map((period) => ({ value: period, label: t(`time.${period}`) })),
          { value: CUSTOM, label: t("time.custom") },
        ]}
        value={days === null ? periodOf(value) : CUSTOM}
        onChange={(chosen) => onChange(chosen === CUSTOM ? lastDays(FIRST_DAYS) : (chosen ?? ""))}
        clearable
        w={160}
      />
      {days !== null && <DayRange days={days} onChange={(first, last) => onChange(`${first}..${last}`)} />}
    </Group>
  );
}
