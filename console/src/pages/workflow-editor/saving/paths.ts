/** Where workflows are saved. */

const FOLDER = "workflows";

/** The file that a workflow of this name is saved to. */
export function pathFor(name: string): string {
  const stem = name
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return `${FOLDER}/${stem === "" ? "workflow" : stem}.yaml`;
}
