/** Downloads sessions, streamed: what has come is told all the time, and it can be stopped. No React here. */
import { client } from "@/api/client";
import { type Format, messageCounter, SUFFIXES } from "./messageCounter";
import { type NamedFile, zip } from "./zip";

export interface ExportProgress {
  /** Which sessions there are is still being found out. */
  finding: boolean;
  /** Sessions found so far; how many of them are done. */
  sessions: number;
  done: number;
  /** Of the session that comes in. */
  messages: number;
  ofMessages: number;
  /** Of all that has come. */
  bytes: number;
  failures: { sessionId: string; error: Error }[];
}

export const NOTHING_YET: ExportProgress = {
  finding: true,
  sessions: 0,
  done: 0,
  messages: 0,
  ofMessages: 0,
  bytes: 0,
  failures: [],
};

/** The download ended before it was whole: the session was deleted meanwhile, or the connection is gone. */
export class ExportBroken extends Error {}

/** Finds the sessions to export, and tells how many it has found so far. */
export type SessionFinder = (signal: AbortSignal, found: (count: number) => void) => Promise<string[]>;

/**
 * One session as its own file; several, one after the other, in an archive. Sessions that cannot be exported are told
 * in `failures`; where none can, the first one's failure is thrown, as is an AbortError when it was stopped.
 */
export async function exportSessions(
  find: SessionFinder,
  format: Format,
  signal: AbortSignal,
  tell: (progress: ExportProgress) => void,
): Promise<NamedFile> {
  let progress = NOTHING_YET;
  const change = (changes: Partial<ExportProgress>) => {
    progress = { ...progress, ...changes };
    tell(progress);
  };
  const ids = await find(signal, (sessions) => change({ sessions }));
  change({ finding: false, sessions: ids.length });
  const files: NamedFile[] = [];
  for (const sessionId of ids) {
    change({ messages: 0, ofMessages: 0 });
    const before = progress.bytes;
    try {
      const content = await download(sessionId, format, signal, (messages, ofMessages, bytes) =>
        change({ messages: Math.min(messages, ofMessages), ofMessages, bytes: before + bytes }),
      );
      files.push({ name: `${sessionId}.${SUFFIXES[format]}`, content });
    } catch (error) {
      signal.throwIfAborted();
      change({
        failures: [
          ...progress.failures,
          { sessionId, error: error instanceof Error ? error : new Error(String(error)) },
        ],
      });
    }
    change({ done: progress.done + 1 });
  }
  const [first] = files;
  if (first === undefined) {
    throw progress.failures[0]?.error ?? new ExportBroken();
  }
  if (ids.length === 1) {
    return first;
  }
  const now = new Date();
  const content = await zip(files, now);
  signal.throwIfAborted();
  return { name: `flowdeck-sessions-${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}.zip`, content };
}

async function download(
  sessionId: string,
  format: Format,
  signal: AbortSignal,
  tell: (messages: number, ofMessages: number, bytes: number) => void,
): Promise<Blob> {
  const { data, response } = await client.GET("/api/history/sessions/{session_id}/export", {
    params: { path: { session_id: sessionId }, query: { format } },
    parseAs: "stream",
    signal,
  });
  if (!data) {
    throw new ExportBroken();
  }
  const total = Number(response.headers.get("X-Total-Count"));
  const count = messageCounter(format);
  const pieces: BlobPart[] = [];
  let bytes = 0;
  tell(0, total, 0);
  const reader = data.getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      pieces.push(piece.value);
      bytes += piece.value.length;
      tell(count(piece.value), total, bytes);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new ExportBroken(undefined, { cause: error });
  }
  return new Blob(pieces, { type: response.headers.get("Content-Type") ?? "" });
}
