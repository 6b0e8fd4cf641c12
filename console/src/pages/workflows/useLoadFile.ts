import { useQueryClient } from "@tanstack/react-query";
import { api, invalidateFiles, type Schemas } from "@/api/client";

/** Loads what a file says now, as a version of the name that it has. */
export function useLoadFile(onLoaded: (workflow: Schemas["WorkflowResponse"]) => void) {
  const queries = useQueryClient();
  const { mutate, isPending, error, variables } = api.useMutation("post", "/api/workflows/", {
    onSuccess: (workflow) => {
      void invalidateFiles(queries);
      onLoaded(workflow);
    },
  });
  return {
    load: (path: string) => mutate({ body: { config_path: path } }),
    loading: isPending ? variables.body.config_path : undefined,
    error,
  };
}
