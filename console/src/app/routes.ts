/**
 * The pages: every `src/pages/<name>/route.tsx` exports `routes`. Nothing is listed here by hand, so pages can be added
 * side by side. A page's code is a chunk of its own that is loaded when somebody goes there.
 */
import type { Icon } from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { FlatNamespace } from "i18next";

export interface PageRoute {
  /** As react-router writes it, from the root: `sessions/:sessionId`. */
  path: string;
  page: () => Promise<{ default: ComponentType }>;
  /** Left out: the page is reached from others, not from the navigation. */
  nav?: NavEntry;
}

/** Namespaces of pages: each has a `title`. */
export type PageNamespace = Exclude<FlatNamespace, "components" | "shell">;

export interface NavEntry {
  /** The locale file whose `title` names the entry: `sessions` stands for locales/en/sessions.json. */
  namespace: PageNamespace;
  icon: Icon;
  /** Home 10, Sessions 20, Workflows 30, History 40, Analytics 50, Errors 60, Config 70. */
  order: number;
}

const modules = import.meta.glob<{ routes: PageRoute[] }>("../pages/*/route.tsx", { eager: true });

export const pageRoutes: readonly PageRoute[] = Object.values(modules).flatMap((module) => module.routes);

export interface NavRoute {
  path: string;
  nav: NavEntry;
}

export const navRoutes: readonly NavRoute[] = pageRoutes
  .flatMap(({ path, nav }) => (nav === undefined ? [] : [{ path: `/${path}`, nav }]))
  .sort((one, other) => one.nav.order - other.nav.order);
