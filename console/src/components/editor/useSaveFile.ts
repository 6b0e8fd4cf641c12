import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, client, type GetPath, invalidate, type Schemas } from "@/api/client";
import { Problem } from "@/api/problem";

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
  /** What is to be read anew. */
  changes: GetPath[];
}

/** Saves a text to its file, on condition that nobody else has. */
export function useSaveFile<T>(opened: Saved, { then, onSaved, changes }: Afterwards<T>) {
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
      const init = { params: { path: { path: file.path } } };
      queries.setQueryData(api.queryOptions("get", "/api/config/files/{path}", init).queryKey, file);
      setSaved({ path: file.path, text, etag: file.etag });
      return then(file);
    },
    onError: (error) => {
      if (error instanceof Problem && error.status === 412) {
        void invalidate(queries, "/api/config/files/{path}"); // what it says now is shown beside what was to be saved
      }
    },
    onSuccess: (result) => {
      void invalidate(queries, "/api/config/files", "/api/config/files/{path}/versions", ...changes);
      onSaved(result);
    },
  });
  return { saved, save, adopt: setSaved };
}
