import { client, type Schemas } from "@/api/client";
import { type Saved, useSaveFile } from "@/components/editor/useSaveFile";

/** Saves a text to its file, and loads it as the workflow's current version. */
export function useSave(opened: Saved, onSaved: (workflow: Schemas["WorkflowResponse"]) => void) {
  return useSaveFile(opened, {
    then: async ({ path }) => (await client.POST("/api/workflows/", { body: { config_path: path } })).data,
    onSaved: (workflow) => {
      if (workflow !== undefined) {
        onSaved(workflow);
      }
    },
  });
}
