import { IconMessages } from "@tabler/icons-react";
import type { PageRoute } from "@/app/routes";
import type texts from "@/locales/en/sessions.json";

declare module "i18next" {
  interface ResourceNamespaceMap {
    sessions: typeof texts;
  }
}

export const routes: PageRoute[] = [
  {
    path: "sessions",
    page: () => import("./SessionsPage"),
    nav: { namespace: "sessions", icon: IconMessages, order: 20 },
  },
];
