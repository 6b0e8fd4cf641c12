import { IconBug } from "@tabler/icons-react";
import type { PageRoute } from "@/app/routes";
import type texts from "@/locales/en/errors.json";

declare module "i18next" {
  interface ResourceNamespaceMap {
    errors: typeof texts;
  }
}

export const routes: PageRoute[] = [
  {
    path: "errors",
    page: () => import("./ErrorsPage"),
    nav: { namespace: "errors", icon: IconBug, order: 60 },
  },
  { path: "errors/:groupId", page: () => import("./GroupPage") },
];
