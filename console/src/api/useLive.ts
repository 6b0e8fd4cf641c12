/** React's side of the page's socket: its state, a session's events, the pushed figures. */
import { useEffect, useEffectEvent, useState, useSyncExternalStore } from "react";
import { Live, type LiveEvent } from "./live";
import type { ConnectionState } from "./liveTiming";
import type { Schemas } from "./client";

/** The page's one connection. Its label tells the log which page it is; nothing else depends on it. */
export const live = new Live(() => {
  const address = new URL(`/api/ws/console-${Math.random().toString(36).slice(2, 10)}`, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(address);
});

export function useConnection(): ConnectionState {
  return useSyncExternalStore(
    (watcher) => live.watch(watcher),
    () => live.state,
  );
}

/** Whether the connection was there and is lost: what is on the screen may have changed meanwhile. */
export function useIsCutOff(): boolean {
  const state = useConnection();
  return live.wasConnected && (state === "reconnecting" || state === "offline");
}

export interface SessionEventsOptions {
  /** Events after this number; left out: those from now on. Change it only to read again from elsewhere. */
  afterSeq?: number | undefined;
  enabled?: boolean;
  onEvent: (event: LiveEvent) => void;
  onGap?: (reason: string) => void;
  onReset?: () => void;
  onEnd?: () => void;
}

/** Follows a session as long as the component is there. Handlers may change with every render. */
export function useSessionEvents(sessionId: string, options: SessionEventsOptions): void {
  const { afterSeq, enabled = true } = options;
  const onEvent = useEffectEvent((event: LiveEvent) => options.onEvent(event));
  const onGap = useEffectEvent((reason: string) => options.onGap?.(reason));
  const onReset = useEffectEvent(() => options.onReset?.());
  const onEnd = useEffectEvent(() => options.onEnd?.());
  useEffect(() => {
    if (!enabled) {
      return;
    }
    return live.subscribe(
      sessionId,
      {
        onEvent: (event) => onEvent(event),
        onGap: (reason) => onGap(reason),
        onReset: () => onReset(),
        onEnd: () => onEnd(),
      },
      afterSeq,
    );
  }, [sessionId, afterSeq, enabled]);
}

/** Follows many sessions from now on. A session that stays in a new set keeps its subscription and misses nothing. */
export function useEventsOfSessions(sessionIds: readonly string[], onEvent: (event: LiveEvent) => void): void {
  const tell = useEffectEvent((event: LiveEvent) => onEvent(event));
  const [subscriptions] = useState(() => new Map<string, () => void>());
  const ids = JSON.stringify(sessionIds); // the same ones in a new array are the same
  useEffect(() => {
    const wanted = new Set(JSON.parse(ids) as string[]);
    for (const [id, stop] of subscriptions) {
      if (!wanted.has(id)) {
        stop();
        subscriptions.delete(id);
      }
    }
    for (const id of wanted) {
      if (!subscriptions.has(id)) {
        subscriptions.set(id, live.subscribe(id, { onEvent: (event) => tell(event) }));
      }
    }
  }, [ids, subscriptions]);
  useEffect(
    () => () => {
      subscriptions.forEach((stop) => stop());
      subscriptions.clear();
    },
    [subscriptions],
  );
}

/** Figures of the last minutes over all sessions, every few seconds. */
export function usePushedMetrics(onMetrics: (metrics: Schemas["PerformanceMetricsResponse"]) => void): void {
  const push = useEffectEvent((data: Record<string, unknown>) =>
    onMetrics(data as unknown as Schemas["PerformanceMetricsResponse"]),
  );
  useEffect(() => live.subscribeMetrics((data) => push(data)), []);
}
