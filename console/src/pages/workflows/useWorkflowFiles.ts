import { api, type Schemas } from "@/api/client";

type ConfigFile = Schemas["ConfigFileResponse"];

/** The workflows' files: those that nothing was loaded from yet, and what has become of the others. */
export function useWorkflowFiles() {
  const { data } = api.useQuery("get", "/api/config/files");
  const files = (data?.files ?? []).filter(({ kind }) => kind === "workflow");
  return {
    unloaded: files.filter(({ workflow_id }) => workflow_id === null),
    /** The file that a version was loaded from last, where it says something else by now. */
    changedOf: (workflowId: string): ConfigFile | undefined =>
      files.find(({ workflow_id, loaded }) => workflow_id === workflowId && !loaded),
  };
}
