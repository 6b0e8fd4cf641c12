/** The page of a configuration file; its path stays readable in the address. */
export function fileLink(path: string): string {
  return `/config/files/${path.split("/").map(encodeURIComponent).join("/")}`;
}

export function editLink(path: string): string {
  return `${fileLink(path)}?edit=1`;
}
