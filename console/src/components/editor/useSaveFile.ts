import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, client, invalidateFiles, type Schemas } from "@/api/client";

/** A text and the file that it is of. `etag` null: there is no such file yet. */
export interface Saved {
  path: string;
  text: string;
  etag: string | null;
}

interface Afterwards<T> {
  /** What belongs to saving besides; it fails with it, though the file is saved then. */
  then: (file: Schemas["ConfigContentResponse"]) => Promise<T>;
  onSaved: (result: T) => void;
}

/** Saves a text to its file, on condition that nobody else has. */
export function useSaveFile<T>(opened: Saved, { then, onSaved }: Afterwards<T>) {
  const queries = useQueryClient();
  const [saved, setSaved] = useState(opened);
  const save = useMutation({
    mutationFn: async ({ path, text, etag }: Saved) => {
      const { data: file } = await client.PUT("/api/config/files/{path}", {
        params: { path: { path }, header: etag === null ? { "if-none-match": "*" } : { "if-match": etag } },
        body: { content: text },
      });
      if (file === undefined) {
        throw new Error("the server answered without the file");
      }
      await keep(queries, file);
      setSaved({ path: file.path, text, etag: file.etag });
      return then(file);
    },
    onSuccess: onSaved,
    // A file that another has changed is shown beside what was to be saved; what fails afterwards leaves the file saved.
    onSettled: () => void invalidateFiles(queries),
  });
  return { saved, save, adopt: setSaved };
}

/**
 * Puts the file that was saved into the cache, under each name that it was read by: `workflows/x.yaml` and
 * `configs/workflows/x.yaml` are one file. An answer that is still on its way has the text from before.
 */
async function keep(queries: QueryClient, file: Schemas["ConfigContentResponse"]): Promise<void> {
  const { queryKey } = api.queryOptions("get", "/api/config/files/{path}", { params: { path: { path: file.path } } });
  const everyFile = { queryKey: queryKey.slice(0, 2) };
  await queries.cancelQueries(everyFile);
  queries.setQueriesData<Schemas["ConfigContentResponse"]>(everyFile, (known) =>
    known?.path === file.path ? file : known,
  );
  queries.setQueryData(queryKey, file);
}
