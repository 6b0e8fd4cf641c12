import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, client, invalidate, type Schemas } from "@/api/client";
import { Problem } from "@/api/problem";

/** A text and the file that it is of. `etag` null: there is no such file yet. */
export interface Saved {
  path: string;
  text: string;
  etag: string | null;
}

/** Saves a text to its file, on condition that nobody else has, and loads it as the workflow's current version. */
export function useSave(opened: Saved, onSaved: (workflow: Schemas["WorkflowResponse"]) => void) {
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
      const { data: workflow } = await client.POST("/api/workflows/", { body: { config_path: file.path } });
      return workflow;
    },
    onError: (error) => {
      if (error instanceof Problem && error.status === 412) {
        void invalidate(queries, "/api/config/files/{path}"); // what it says now is shown beside what was to be saved
      }
    },
    onSuccess: (workflow) => {
      void invalidate(queries, "/api/workflows/", "/api/config/files", "/api/workflows/{workflow_id}/versions");
      if (workflow !== undefined) {
        onSaved(workflow);
      }
    },
  });
  return { saved, save, adopt: setSaved };
}
