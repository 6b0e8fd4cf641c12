/** The console's languages: the remembered one, else the browser's, else English. Texts of one language are one chunk. */
import i18next, { type Resource } from "i18next";
import { initReactI18next } from "react-i18next";

export const LANGUAGES = { en: "English", zh: "中文" } as const;
export type Language = keyof typeof LANGUAGES;

const REMEMBERED = "flowdeck.language";
const TEXTS: Record<Language, () => Promise<{ default: Resource[string] }>> = {
  en: () => import("@/locales/en"),
  zh: () => import("@/locales/zh"),
};

export function isLanguage(value: unknown): value is Language {
  return typeof value === "string" && value in LANGUAGES;
}

/** The first of the wanted languages that there is. `zh-Hant-TW` is Chinese to us, too. */
export function chooseLanguage(wanted: readonly (string | null)[]): Language {
  return wanted.map((tag) => tag?.split("-")[0]?.toLowerCase()).find(isLanguage) ?? "en";
}

export async function startI18n(): Promise<void> {
  const language = chooseLanguage([localStorage.getItem(REMEMBERED), ...navigator.languages]);
  const texts = await TEXTS[language]();
  await i18next.use(initReactI18next).init({
    lng: language,
    resources: { [language]: texts.default },
    defaultNS: "shell",
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  });
  document.documentElement.lang = htmlLanguage(language);
}

export async function changeLanguage(language: Language): Promise<void> {
  const texts = await TEXTS[language]();
  for (const [namespace, resources] of Object.entries(texts.default)) {
    i18next.addResourceBundle(language, namespace, resources);
  }
  await i18next.changeLanguage(language);
  localStorage.setItem(REMEMBERED, language);
  document.documentElement.lang = htmlLanguage(language);
}

export function currentLanguage(): Language {
  return isLanguage(i18next.language) ? i18next.language : "en";
}

/** What goes into `lang` and to Intl: Chinese glyphs are chosen by it. */
export function htmlLanguage(language: Language): string {
  return language === "zh" ? "zh-CN" : "en";
}
