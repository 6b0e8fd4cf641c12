/** Where a workflow leads: its pages, its sessions, its figures. */
export function pathOf(workflowId: string): string {
  return `/workflows/${encodeURIComponent(workflowId)}`;
}

export function runPathOf(workflowId: string): string {
  return `${pathOf(workflowId)}?run=new`;
}

export function editPathOf(workflowId: string): string {
  return `${pathOf(workflowId)}/edit`;
}

export const NEW_PATH = "/workflows/new";

/** Of all versions of a name. */
export function sessionsPathOf(name: string): string {
  return `/sessions?${new URLSearchParams({ workflow: name }).toString()}`;
}

export function figuresPathOf(name: string): string {
  return `/analytics?${new URLSearchParams({ workflow: name, range: "7d" }).toString()}`;
}
