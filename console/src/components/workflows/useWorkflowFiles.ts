import { api, type Schemas } from "@/api/client";

export type WorkflowFile = Schemas["WorkflowFileResponse"];

const FILES_ONLY = { params: { query: { page_size: 1 } } } as const;

/** All files of the workflow folders, with their names and descriptions, or with why they cannot be loaded. */
export function useWorkflowFiles() {
  const { data, error, isPending, refetch } = api.useQuery("get", "/api/workflows/", FILES_ONLY);
  return { files: data?.files, error, isPending, refetch };
}
