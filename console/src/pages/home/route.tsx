import { IconHome } from "@tabler/icons-react";
import type { PageRoute } from "@/app/routes";
import type texts from "@/locales/en/home.json";

declare module "i18next" {
  interface ResourceNamespaceMap {
    home: typeof texts;
  }
}

export const routes: PageRoute[] = [
  { path: "", page: () => import("./HomePage"), nav: { namespace: "home", icon: IconHome, order: 10 } },
];
