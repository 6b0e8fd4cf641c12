/** The page's nonce, for the few `<style>` elements that libraries add (Mantine, scroll locks, CodeMirror). */
import { setNonce } from "get-nonce";

const PLACEHOLDER = "__CSP_NONCE__"; // Vite's own server leaves it in place; it has no policy

export function pageNonce(): string {
  const told = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
  return told === PLACEHOLDER ? "" : told;
}

/** Hands the nonce to libraries that look for it in one global place. */
export function shareNonce(): void {
  const nonce = pageNonce();
  if (nonce !== "") {
    setNonce(nonce);
  }
}
