import { expect, test } from "vitest";
import { Formats } from "./formats";

const en = new Formats("en");
const zh = new Formats("zh-CN");
const NOW = Date.parse("2026-03-01T12:00:00Z");

test.each([
  [0.4, "0.4 ms"],
  [850.4, "850 ms"],
  [999.7, "1 sec"],
  [1234, "1.2 sec"],
  [42_000, "42 sec"],
  [59_999, "1 min"],
  [75_000, "1 min 15 sec"],
  [3_599_999, "1 hr"],
  [5_400_000, "1 hr 30 min"],
])("%d ms is %s", (milliseconds, text) => {
  expect(en.duration(milliseconds)).toBe(text);
});

test("what is not known is a dash", () => {
  const unknown = [en.duration(null), en.money(null, "USD"), en.percent(undefined), en.number(null), en.dateTime(null)];
  expect(new Set(unknown)).toEqual(new Set(["–"]));
});

test.each([
  ["0", "USD", "$0.00"],
  ["12.345", "USD", "$12.35"],
  ["0.00012345", "USD", "$0.00012"],
  ["-0.15", "EUR", "-€0.15"],
  ["1.5", null, "1.5"],
])("%s %s is %s", (amount, currency, text) => {
  expect(en.money(amount, currency)).toBe(text);
});

test.each([
  ["2026-03-01T11:59:30Z", "just now"],
  ["2026-03-01T11:57:00Z", "3 min. ago"],
  ["2026-03-01T12:00:02Z", "just now"],
  ["2026-03-01T12:00:40Z", "in 40 sec."],
  ["2026-02-28T12:00:00Z", "yesterday"],
  ["2025-11-01T12:00:00Z", "Nov 1, 2025"],
])("%s is %s", (moment, text) => {
  expect(en.relative(moment, NOW)).toBe(text);
});

test("the language decides", () => {
  expect(zh.relative("2026-03-01T11:57:00Z", NOW)).toBe("3分钟前");
  expect(zh.relative("2026-03-01T11:59:30Z", NOW)).toBe("刚刚");
  expect(zh.relative("2026-03-01T12:00:40Z", NOW)).toBe("40秒后");
  expect(zh.duration(75_000)).toBe("1分钟15秒");
  expect(zh.duration(60_000)).toBe("1分钟");
  expect(zh.compact(12_345)).toBe("1.23万");
  expect(zh.compact(20_400)).toBe("2.04万");
  expect(en.compact(12_345)).toBe("12.3K");
});

test.each([
  [0, "0 bytes"],
  [1023, "1,023 bytes"],
  [1024, "1 kB"],
  [5_452_595, "5.2 MB"],
])("%d bytes are %s", (bytes, text) => {
  expect(en.bytes(bytes)).toBe(text);
});
