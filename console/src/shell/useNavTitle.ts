import { useTranslation } from "react-i18next";
import type { NavEntry } from "@/app/routes";

/** What an entry of the navigation is called: its page's own title. */
export function useNavTitle(): (entry: NavEntry) => string {
  const { i18n } = useTranslation();
  return ({ namespace }) => i18n.t("title", { ns: namespace });
}
