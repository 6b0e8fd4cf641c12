import { IconHistory } from "@tabler/icons-react";
import type { PageRoute } from "@/app/routes";
import type texts from "@/locales/en/history.json";

declare module "i18next" {
  interface ResourceNamespaceMap {
    history: typeof texts;
  }
}

export const routes: PageRoute[] = [
  {
    path: "history",
    page: () => import("./HistoryPage"),
    nav: { namespace: "history", icon: IconHistory, order: 40 },
  },
  { path: "history/bookmarks", page: () => import("./BookmarksPage") },
];
