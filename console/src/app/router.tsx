import { createBrowserRouter } from "react-router";
import { NotFound } from "@/shell/NotFound";
import { RouteFailure } from "@/shell/RouteFailure";
import { Shell } from "@/shell/Shell";
import { Loading } from "@/components/Loading";
import { unreachable } from "@/api/problem";
import { type PageRoute, pageRoutes } from "./routes";

/** A page's chunk. That it did not come means that the server is gone, or a newer one: see replaced.ts. */
async function load(page: PageRoute["page"]) {
  try {
    return { Component: (await page()).default };
  } catch (error) {
    throw unreachable(error);
  }
}

/** One shell around all pages; a page that fails leaves the shell standing. */
export function makeRouter() {
  return createBrowserRouter([
    {
      Component: Shell,
      ErrorBoundary: RouteFailure,
      HydrateFallback: Loading,
      children: [
        ...pageRoutes.map(({ path, page }) => ({
          path,
          ErrorBoundary: RouteFailure,
          HydrateFallback: Loading,
          lazy: () => load(page),
        })),
        { path: "*", Component: NotFound },
      ],
    },
  ]);
}
