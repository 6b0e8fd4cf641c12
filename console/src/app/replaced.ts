/** A page that is open while the server is updated asks for files that are gone: then it loads itself anew, once. */
const RELOADED = "flowdeck.reloaded";
const PAUSE_MS = 10_000; // a server that is really broken must not make the page reload for ever

export function reloadWhenReplaced(): void {
  addEventListener("vite:preloadError", () => void reloadIfServed());
}

/** Where the server does not answer, the page stays: it has a way to try again, and an empty window has none. */
export async function reloadIfServed(): Promise<void> {
  const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
  if (Date.now() - last < PAUSE_MS) {
    return;
  }
  const answer = await fetch("/favicon.svg", { cache: "no-store" }).catch(() => null);
  if (answer?.ok === true) {
    sessionStorage.setItem(RELOADED, String(Date.now()));
    location.reload();
  }
}
