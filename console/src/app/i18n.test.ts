import { expect, test } from "vitest";
import { chooseLanguage } from "./i18n";

test.each([
  [["en-GB", "zh"], "en"],
  [["zh-Hant-TW"], "zh"],
  [["ZH-cn", "en"], "zh"],
  [["fr-FR", "zh-CN", "en"], "zh"],
  [["fr", "de"], "en"],
  [[], "en"],
  [[null, "zh"], "zh"],
  [["toString"], "en"],
])("of %j it is %s", (wanted, chosen) => {
  expect(chooseLanguage(wanted)).toBe(chosen);
});
