/** How values are written in one language. What is not known is a dash, never a zero. */
export const UNKNOWN = "–";

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
/** How far the server's clock may be ahead of the browser's before a moment counts as to come. */
const SKEW = 5_000;

export class Formats {
  private readonly isChinese: boolean;
  private readonly integers: Intl.NumberFormat;
  private readonly shortened: Intl.NumberFormat;
  private readonly percents: Intl.NumberFormat;
  private readonly moments: Intl.DateTimeFormat;
  private readonly days: Intl.DateTimeFormat;
  private readonly relatives: Intl.RelativeTimeFormat;

  constructor(private readonly locale: string) {
    this.integers = new Intl.NumberFormat(locale);
    this.isChinese = locale.startsWith("zh");
    // 万 is ten thousand: with one decimal place 20,400 would be 2万.
    const digits = this.isChinese ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 1 };
    this.shortened = new Intl.NumberFormat(locale, { notation: "compact", ...digits });
    this.percents = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
    this.moments = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
    this.days = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
    this.relatives = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
  }

  number(value: number | null | undefined): string {
    return value == null ? UNKNOWN : this.integers.format(value);
  }

  /** 12,345 → 12.3K, 1.23万 */
  compact(value: number | null | undefined): string {
    return value == null ? UNKNOWN : this.shortened.format(value);
  }

  /** 0.987 → 98.7% */
  percent(share: number | null | undefined): string {
    return share == null ? UNKNOWN : this.percents.format(share);
  }

  dateTime(moment: string | null | undefined): string {
    return moment == null ? UNKNOWN : this.moments.format(new Date(moment));
  }

  date(moment: string | null | undefined): string {
    return moment == null ? UNKNOWN : this.days.format(new Date(moment));
  }

  /** "3 min. ago"; what is more than a month away is written as a date. */
  relative(moment: string, now: number): string {
    const distance = Date.parse(moment) - now;
    const size = Math.abs(distance);
    if (distance < SKEW && size < MINUTE) {
      return this.isChinese ? "刚刚" : "just now";
    }
    if (size < MINUTE) {
      return this.relatives.format(Math.trunc(distance / 1000), "second");
    }
    if (size < HOUR) {
      return this.relatives.format(Math.trunc(distance / MINUTE), "minute");
    }
    if (size < DAY) {
      return this.relatives.format(Math.trunc(distance / HOUR), "hour");
    }
    return size < 30 * DAY ? this.relatives.format(Math.trunc(distance / DAY), "day") : this.date(moment);
  }

  /** 850 → 850 ms, 1,234 → 1.2 sec, 75,000 → 1 min 15 sec, 60,000 → 1 min */
  duration(milliseconds: number | null | undefined): string {
    if (milliseconds == null) {
      return UNKNOWN;
    }
    // Compared as it will be written: 999.7 ms is a second, not 1,000 ms.
    if (Math.round(milliseconds) < 1000) {
      return this.unit(milliseconds, "millisecond", milliseconds < 10 ? 1 : 0);
    }
    const seconds = Math.round(milliseconds / 1000);
    if (seconds < 60) {
      return this.unit(milliseconds / 1000, "second", seconds < 10 ? 1 : 0);
    }
    if (seconds < 3600) {
      return this.twoUnits(seconds, "minute", "second");
    }
    return this.twoUnits(Math.round(milliseconds / MINUTE), "hour", "minute");
  }

  /** Exact amounts are text; a fraction of a cent keeps two digits that say something. */
  money(amount: string | number | null | undefined, currency: string | null | undefined): string {
    if (amount == null) {
      return UNKNOWN;
    }
    const value = Number(amount);
    const small = value !== 0 && Math.abs(value) < 0.01;
    const digits = small ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 2 };
    return currency == null
      ? new Intl.NumberFormat(this.locale, digits).format(value)
      : new Intl.NumberFormat(this.locale, {
          style: "currency",
          currency,
          currencyDisplay: "narrowSymbol",
          ...digits,
        }).format(value);
  }

  bytes(value: number | null | undefined): string {
    if (value == null) {
      return UNKNOWN;
    }
    const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
    const step = value < 1024 ? 0 : Math.min(Math.floor(Math.log(value) / Math.log(1024)), units.length - 1);
    return this.unit(value / 1024 ** step, units[step] ?? "byte", step === 0 ? 0 : 1, step === 0 ? "long" : "short");
  }

  /** 75 → 1 min 15 sec, 1分钟15秒; the smaller unit is left out where it is zero. */
  private twoUnits(value: number, larger: string, smaller: string): string {
    const parts = [this.unit(Math.trunc(value / 60), larger, 0)];
    if (value % 60 > 0) {
      parts.push(this.unit(value % 60, smaller, 0));
    }
    return parts.join(this.isChinese ? "" : " ");
  }

  private unit(value: number, unit: string, digits: number, unitDisplay: "short" | "long" = "short"): string {
    const options = { style: "unit", unit, unitDisplay, maximumFractionDigits: digits } as const;
    return new Intl.NumberFormat(this.locale, options).format(value);
  }
}
