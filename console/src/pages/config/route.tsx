import { IconSettings } from "@tabler/icons-react";
import type { PageRoute } from "@/app/routes";
import type texts from "@/locales/en/config.json";

declare module "i18next" {
  interface ResourceNamespaceMap {
    config: typeof texts;
  }
}

export const routes: PageRoute[] = [
  {
    path: "config",
    page: () => import("./settings/SettingsPage"),
    nav: { namespace: "config", icon: IconSettings, order: 70 },
  },
  { path: "config/models", page: () => import("./models/ModelsPage") },
  { path: "config/prices", page: () => import("./prices/PricesPage") },
  { path: "config/tools", page: () => import("./tools/ToolsPage") },
  { path: "config/files", page: () => import("./files/FilesPage") },
  { path: "config/files/*", page: () => import("./files/FilePage") },
];
