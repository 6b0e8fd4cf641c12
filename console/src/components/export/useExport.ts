/** An export's way from the first click to the saved file. It ends when its component goes. */
import { useCallback, useEffect, useRef, useState } from "react";
import { saveFile } from "@/hooks/saveFile";
import { exportSessions, type ExportProgress, NOTHING_YET, type SessionFinder } from "./exportSessions";
import type { Format } from "./messageCounter";

const EVERY_MS = 100; // pieces come faster than anybody reads

export interface ExportState {
  state: "idle" | "working" | "saved" | "cancelled" | "failed";
  progress: ExportProgress;
  file?: { name: string; size: number };
  error?: unknown;
}

const IDLE: ExportState = { state: "idle", progress: NOTHING_YET };

export function useExport() {
  const [shown, setShown] = useState(IDLE);
  const controller = useRef<AbortController>(undefined);
  useEffect(() => () => controller.current?.abort(), []);
  const start = useCallback(async (find: SessionFinder, format: Format) => {
    const { signal } = (controller.current = new AbortController());
    let progress = NOTHING_YET;
    let timer: ReturnType<typeof setTimeout> | undefined;
    setShown({ state: "working", progress });
    try {
      const file = await exportSessions(find, format, signal, (now) => {
        progress = now;
        timer ??= setTimeout(() => {
          timer = undefined;
          setShown({ state: "working", progress });
        }, EVERY_MS);
      });
      clearTimeout(timer);
      saveFile(file.content, file.name);
      setShown({ state: "saved", progress, file: { name: file.name, size: file.content.size } });
    } catch (error) {
      clearTimeout(timer);
      setShown(signal.aborted ? { state: "cancelled", progress } : { state: "failed", progress, error });
    }
  }, []);
  const cancel = useCallback(() => controller.current?.abort(), []);
  const reset = useCallback(() => setShown(IDLE), []);
  return { ...shown, start, cancel, reset };
}
