import "@mantine/dates/styles.css";
import "dayjs/locale/zh-cn";
import { DatePickerInput } from "@mantine/dates";
import dayjs from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { currentLanguage } from "@/app/i18n";
import { DAY_FORMAT } from "@/hooks/timeRange";

interface DayRangeProps {
  days: readonly [string, string];
  /** Both days, once both are chosen. */
  onChange: (first: string, last: string) => void;
}

/** Chooses from a day to a day. */
export function DayRange({ days, onChange }: DayRangeProps) {
  const { t } = useTranslation("components");
  const [first, setFirst] = useState<string | null>(null);
  return (
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
      value={first === null ? [...days] : [first, null]}
      onChange={([from, to]) => {
        setFirst(to === null ? from : null);
        if (from !== null && to !== null) {
          onChange(from, to);
        }
      }}
      miw={190}
    />
  );
}
