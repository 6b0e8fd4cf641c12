import { useHotkeys } from "@mantine/hooks";
import { useEffect } from "react";

/** Ctrl-S saves, wherever the focus is. The browser's own dialog, which would save the page itself, does not come. */
export function useSaveKey(save: () => void): void {
  useHotkeys([["mod+S", save]], [], true);
  useEffect(() => {
    const stop = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
        event.preventDefault();
      }
    };
    window.addEventListener("keydown", stop);
    return () => window.removeEventListener("keydown", stop);
  }, []);
}
