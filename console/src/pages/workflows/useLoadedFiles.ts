import { api, type Schemas } from "@/api/client";

type ConfigFile = Schemas["ConfigFileResponse"];

/** What was loaded from the workflows' files: the paths that nothing was loaded from yet, and files that have changed. */
export function useLoadedFiles() {
  const { data } = api.useQuery("get", "/api/config/files");
  const files = (data?.files ?? []).filter(({ kind }) => kind === "workflow");
  return {
    unloaded: new Set(files.filter(({ workflow_id }) => workflow_id === null).map(({ path }) => path)),
    /** The file that a version was loaded from last, where it says something else by now. */
    changedOf: (workflowId: string): ConfigFile | undefined =>
      files.find(({ workflow_id, loaded }) => workflow_id === workflowId && !loaded),
  };
}
