import "@mantine/dates/styles.css";
import "dayjs/locale/zh-cn";
import { Group, Select } from "@mantine/core";
import { DatePickerInput } from "@mantine/dates";
import dayjs from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { currentLanguage } from "@/app/i18n";
import { DAY_FORMAT, daysOf, PERIODS, periodOf } from "@/hooks/timeRange";

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
  const [first, setFirst] = useState<string | null>(null);
  const days = daysOf(value);
  const choose = (chosen: string | null) => {
    if (chosen === CUSTOM) {
      const today = dayjs();
      onChange(`${today.subtract(FIRST_DAYS - 1, "day").format(DAY_FORMAT)}..${today.format(DAY_FORMAT)}`);
    } else {
      onChange(chosen ?? "");
    }
  };
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
        onChange={choose}
        clearable
        w={160}
      />
      {days !== null && (
        <DatePickerInput
          type="range"
          size="xs"
          allowSingleDateInRange
          aria-label={t("time.days", { days: days.join(" – ") })}
          locale={currentLanguage() === "zh" ? "zh-cn" : "en"}
          valueFormat={DAY_FORMAT}
          monthLabelFormat={t("time.monthFormat")}
          weekendDays={[]}
          maxDate={dayjs().format(DAY_FORMAT)}
          value={first === null ? days : [first, null]}
          onChange={([from, to]) => {
            setFirst(to === null ? from : null);
            if (from !== null && to !== null) {
              onChange(`${from}..${to}`);
            }
          }}
          miw={190}
        />
      )}
    </Group>
  );
}
