import { createBrowserRouter } from "react-router";
import { NotFound } from "@/shell/NotFound";
import { RouteFailure } from "@/shell/RouteFailure";
import { Shell } from "@/shell/Shell";
import { Loading } from "@/components/Loading";
import { pageRoutes } from "./routes";

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
          lazy: async () => ({ Component: (await page()).default }),
        })),
        { path: "*", Component: NotFound },
      ],
    },
  ]);
}
