/** A page that is open while the server is updated asks for files that are gone: then it loads itself anew, once. */
const RELOADED = "flowdeck.reloaded";
const PAUSE_MS = 10_000; // a server that is really broken must not make the page reload for ever

export function reloadWhenReplaced(): void {
  addEventListener("vite:preloadError", (event) => {
    const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
    if (Date.now() - last > PAUSE_MS) {
      sessionStorage.setItem(RELOADED, String(Date.now()));
      event.preventDefault();
      location.reload();
    }
  });
}
