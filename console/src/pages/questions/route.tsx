import type { PageRoute } from "@/app/routes";
import type texts from "@/locales/en/questions.json";

declare module "i18next" {
  interface ResourceNamespaceMap {
    questions: typeof texts;
  }
}

export const routes: PageRoute[] = [{ path: "questions", page: () => import("./QuestionsPage") }];
