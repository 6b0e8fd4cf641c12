import { IconTopologyStar3 } from "@tabler/icons-react";
import type { PageRoute } from "@/app/routes";
import type texts from "@/locales/en/workflows.json";

declare module "i18next" {
  interface ResourceNamespaceMap {
    workflows: typeof texts;
  }
}

export const routes: PageRoute[] = [
  {
    path: "workflows",
    page: () => import("./WorkflowsPage"),
    nav: { namespace: "workflows", icon: IconTopologyStar3, order: 30 },
  },
  { path: "workflows/:workflowId", page: () => import("./WorkflowPage") },
];
