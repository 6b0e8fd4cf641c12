import type { Schemas } from "@/api/client";

/** The name people know a session's workflow by: its file's, or the one it was sent with. */
export function workflowOf({ workflow_config_path }: Schemas["SessionResponse"]): string {
  return workflow_config_path.replace(/^.*\//, "").replace(/\.ya?ml$/, "");
}
