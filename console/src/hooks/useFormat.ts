/** Numbers, times, durations and money, as the chosen language writes them. */
import { useTranslation } from "react-i18next";
import { htmlLanguage, isLanguage } from "@/app/i18n";
import { Formats } from "./formats";

const made = new Map<string, Formats>(); // Intl's formatters are dear to make

export function useFormat(): Formats {
  const { i18n } = useTranslation();
  const locale = htmlLanguage(isLanguage(i18n.language) ? i18n.language : "en");
  let formats = made.get(locale);
  if (formats === undefined) {
    formats = new Formats(locale);
    made.set(locale, formats);
  }
  return formats;
}
