import { spotlight } from "@mantine/spotlight";

/** Focuses the page's search field, the one with `data-search`; a page without one opens the command palette. */
export function focusSearch(): void {
  const field = document.querySelector<HTMLInputElement>("#content input[data-search]");
  if (field === null) {
    spotlight.open();
  } else {
    field.focus();
    field.select();
  }
}
