import { IconChartHistogram } from "@tabler/icons-react";
import type { PageRoute } from "@/app/routes";
import type texts from "@/locales/en/analytics.json";

declare module "i18next" {
  interface ResourceNamespaceMap {
    analytics: typeof texts;
  }
}

export const routes: PageRoute[] = [
  {
    path: "analytics",
    page: () => import("./AnalyticsPage"),
    nav: { namespace: "analytics", icon: IconChartHistogram, order: 50 },
  },
  { path: "analytics/sessions", page: () => import("./FigureSessionsPage") },
];
