import { useMutation } from "@tanstack/react-query";
import { client, type Schemas } from "@/api/client";
import { useNotify } from "@/hooks/useNotify";

const PAGE_SIZE = 100;

export interface NameToDelete {
  workflow: Schemas["WorkflowResponse"];
  /** The ids of all loaded versions of its name. */
  versions: readonly string[];
}

/** Finds out what deleting a workflow's name would delete, for the question that is asked first. */
export function useNameToDelete() {
  const notify = useNotify();
  const { data, mutate, reset } = useMutation({
    mutationFn: async (workflow: Schemas["WorkflowResponse"]): Promise<NameToDelete> => ({
      workflow,
      versions: await loadedVersions(workflow.workflow_id),
    }),
    onError: notify.failed,
  });
  return { name: data, ask: mutate, close: reset };
}

async function loadedVersions(workflow_id: string): Promise<string[]> {
  const ids: string[] = [];
  for (let page = 1, more = true; more; page += 1) {
    const { data } = await client.GET("/api/workflows/{workflow_id}/versions", {
      params: { path: { workflow_id }, query: { page, page_size: PAGE_SIZE } },
    });
    ids.push(...(data?.versions ?? []).filter(({ loaded }) => loaded).map((version) => version.workflow_id));
    more = data?.has_next === true;
  }
  return ids;
}
