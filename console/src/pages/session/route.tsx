import type { PageRoute } from "@/app/routes";
import type texts from "@/locales/en/session.json";

declare module "i18next" {
  interface ResourceNamespaceMap {
    session: typeof texts;
  }
}

export const routes: PageRoute[] = [{ path: "sessions/:sessionId", page: () => import("./SessionPage") }];
