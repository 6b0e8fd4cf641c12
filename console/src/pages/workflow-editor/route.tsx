import type { PageRoute } from "@/app/routes";
import type texts from "@/locales/en/workflow-editor.json";

declare module "i18next" {
  interface ResourceNamespaceMap {
    "workflow-editor": typeof texts;
  }
}

export const routes: PageRoute[] = [
  { path: "workflows/new", page: () => import("./NewWorkflowPage") },
  { path: "workflows/:workflowId/edit", page: () => import("./EditWorkflowPage") },
];
