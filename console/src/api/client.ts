/**
 * The server's API, typed by its OpenAPI document. `client` is for calls; `api` is for TanStack Query:
 * `api.useQuery("get", "/api/sessions/", { params: { query } })`. Query keys are [method, path, init].
 * What is no success is thrown as a `Problem`.
 */
import type { QueryClient } from "@tanstack/react-query";
import createFetchClient, { type Middleware } from "openapi-fetch";
import createQueryApi from "openapi-react-query";
import { currentLanguage, htmlLanguage } from "@/app/i18n";
import { problemOf, unreachable } from "./problem";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type GetPath = { [Path in keyof paths]: paths[Path] extends { get: object } ? Path : never }[keyof paths];

const conventions: Middleware = {
  onRequest({ request }) {
    request.headers.set("Accept-Language", htmlLanguage(currentLanguage()));
  },
  async onResponse({ response }) {
    if (!response.ok) {
      throw await problemOf(response);
    }
  },
  onError({ error }) {
    return error instanceof DOMException && error.name === "AbortError" ? error : unreachable(error);
  },
};

export const client = createFetchClient<paths>();
client.use(conventions);

export const api = createQueryApi(client);

/** Marks everything that was read from these paths as stale; what is on the screen is read again at once. */
export async function invalidate(queries: QueryClient, ...paths: GetPath[]): Promise<void> {
  await Promise.all(paths.map((path) => queries.invalidateQueries({ queryKey: ["get", path] })));
}

/** Marks everything that a configuration file decides as stale: whichever of its names a page has read it by. */
export async function invalidateFiles(queries: QueryClient): Promise<void> {
  await queries.invalidateQueries({
    predicate: ({ queryKey: [method, path] }) =>
      method === "get" && typeof path === "string" && /^\/api\/(config|workflows)\//.test(path),
  });
}
