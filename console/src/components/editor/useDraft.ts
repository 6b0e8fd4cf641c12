/** Changes that are not saved yet, kept in the browser: leaving the page or closing it loses nothing. */
import { useEffect, useRef, useState } from "react";

const PAUSE_MS = 400;

interface Draft {
  text: string;
  at: string;
}

export interface Drafts {
  /** What an earlier visit left. */
  found: Draft | null;
  /** It is not wanted; what is typed now is kept. */
  forget: () => void;
  /** What is typed now is not wanted either. */
  discard: () => void;
}

/** What was saved is forgotten by itself. */
export function useDraft(name: string, text: string, dirty: boolean): Drafts {
  const key = `flowdeck.draft.${name}`;
  const [found, setFound] = useState(() => read(key));
  const kept = useRef(false);
  const discarded = useRef<string | null>(null);
  const keepNow = useRef<(() => void) | null>(null);
  useEffect(() => () => keepNow.current?.(), []); // the editor goes away; it stands first, so that it runs first
  useEffect(() => {
    if (!dirty) {
      if (kept.current) {
        localStorage.removeItem(key);
      }
      return undefined;
    }
    kept.current = true;
    const keep = () => {
      if (discarded.current !== text) {
        write(key, { text, at: new Date().toISOString() });
      }
    };
    const timer = setTimeout(keep, PAUSE_MS);
    window.addEventListener("pagehide", keep);
    keepNow.current = keep;
    return () => {
      clearTimeout(timer);
      window.removeEventListener("pagehide", keep);
      keepNow.current = null;
    };
  }, [key, text, dirty]);
  const forget = () => {
    if (!dirty) {
      localStorage.removeItem(key);
    }
    setFound(null);
  };
  const discard = () => {
    discarded.current = text;
    localStorage.removeItem(key);
  };
  return { found: found?.text === text ? null : found, forget, discard };
}

function read(key: string): Draft | null {
  try {
    const draft = JSON.parse(localStorage.getItem(key) ?? "null") as Partial<Draft> | null;
    return typeof draft?.text === "string" && typeof draft.at === "string" ? { text: draft.text, at: draft.at } : null;
  } catch {
    return null; // written by something else
  }
}

function write(key: string, draft: Draft): void {
  try {
    localStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // The browser keeps no more: the text is still in the editor, and leaving it is asked about.
  }
}
