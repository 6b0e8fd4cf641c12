/**
 * One WebSocket for the whole page, whatever is subscribed on it. It comes back by itself, and each session's events
 * then go on where they stopped, without a gap or a repeat. docs/events.md says what is spoken. No React here.
 */
import { backoff, type ConnectionState, DEAD_AFTER_MS, OFFLINE_AFTER, PING_EVERY_MS } from "./liveTiming";

export interface LiveEvent {
  type: string;
  timestamp: string;
  session_id?: string;
  seq?: number;
  data: Record<string, unknown>;
}

export interface SessionListener {
  /** A stored event (with `seq`, each once, in order) or a live one such as `token`. */
  onEvent: (event: LiveEvent) => void;
  /** Live events were missed (`slow`), or stored ones are no longer kept (`expired`). */
  onGap?: (reason: string) => void;
  /** Where the listener stood means nothing any more: read the session anew; events follow from now on. */
  onReset?: () => void;
  /** The session was deleted, or there never was one. */
  onEnd?: () => void;
}

interface Channel {
  /** Each listener with the last number it has seen; undefined: it wants what comes from now on. */
  listeners: Map<SessionListener, number | undefined>;
  /** What was asked for and not yet answered: until then, what comes is of the subscription before. */
  pending: number;
}

type Metrics = (data: Record<string, unknown>) => void;

export class Live {
  state: ConnectionState = "connecting";
  private socket: WebSocket | null = null;
  private channels = new Map<string, Channel>();
  private metrics = new Set<Metrics>();
  private watchers = new Set<() => void>();
  private healers = new Set<() => void>();
  private failures = 0;
  /** There was a connection since the page began: that there is none now is news. */
  wasConnected = false;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private pingTimer: ReturnType<typeof setInterval> | undefined;
  private deadTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly open: () => WebSocket) {}

  /** Connects, and stays connected until `stop`. */
  start(): void {
    this.connect();
  }

  stop(): void {
    clearTimeout(this.retryTimer);
    this.leave();
    this.setState("connecting");
  }

  /** Tries at once, without waiting for the pause to end: the page is seen again, or somebody asked for it. */
  retryNow(): void {
    if (this.socket === null) {
      clearTimeout(this.retryTimer);
      this.connect();
    }
  }

  /** Calls on every change of `state`. Returns how to stop it. */
  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** Calls after a connection that was lost is there again: what was read meanwhile may be stale. */
  onHealed(healer: () => void): () => void {
    this.healers.add(healer);
    return () => this.healers.delete(healer);
  }

  /** Follows a session: the events after `afterSeq`, or those from now on. Returns how to stop it. */
  subscribe(sessionId: string, listener: SessionListener, afterSeq?: number): () => void {
    const channel = this.channels.get(sessionId) ?? { listeners: new Map(), pending: 0 };
    this.channels.set(sessionId, channel);
    channel.listeners.set(listener, afterSeq);
    // A second listener may want earlier events: the session is asked for again from the earliest cursor on, and
    // each listener gets only what is new to it.
    this.ask(sessionId, channel);
    return () => this.unsubscribe(sessionId, listener);
  }

  /** Figures of the last minutes, pushed every few seconds. Returns how to stop it. */
  subscribeMetrics(listener: Metrics): () => void {
    this.metrics.add(listener);
    if (this.metrics.size === 1) {
      this.send({ type: "subscribe", topic: "metrics" });
    }
    return () => {
      if (this.metrics.delete(listener) && this.metrics.size === 0) {
        this.send({ type: "unsubscribe", topic: "metrics" });
      }
    };
  }

  private unsubscribe(sessionId: string, listener: SessionListener): void {
    const channel = this.channels.get(sessionId);
    if (!channel?.listeners.delete(listener) || channel.listeners.size > 0) {
      return;
    }
    if (this.send({ type: "unsubscribe", session_id: sessionId })) {
      channel.pending += 1; // kept until it is answered: whoever subscribes meanwhile must wait for that, too
    } else {
      this.channels.delete(sessionId);
    }
  }

  private answered(sessionId: string, channel: Channel): void {
    channel.pending = Math.max(channel.pending - 1, 0);
    if (channel.pending === 0 && channel.listeners.size === 0) {
      this.channels.delete(sessionId);
    }
  }

  private ask(sessionId: string, channel: Channel): void {
    const cursors = [...channel.listeners.values()].filter((cursor) => cursor !== undefined);
    const from = cursors.length === 0 ? {} : { after_seq: Math.min(...cursors) };
    if (this.send({ type: "subscribe", session_id: sessionId, ...from })) {
      channel.pending += 1;
    }
  }

  private connect(): void {
    const socket = this.open();
    this.socket = socket;
    socket.onopen = () => this.opened();
    socket.onmessage = (message: MessageEvent<string>) => this.heard(message.data);
    socket.onclose = () => this.lost(socket);
  }

  private opened(): void {
    const healed = this.wasConnected;
    this.wasConnected = true;
    this.failures = 0;
    this.setState("connected");
    this.pingTimer = setInterval(() => this.ping(), PING_EVERY_MS);
    for (const [sessionId, channel] of this.channels) {
      channel.pending = 0;
      if (channel.listeners.size === 0) {
        this.channels.delete(sessionId);
      } else {
        this.ask(sessionId, channel);
      }
    }
    if (this.metrics.size > 0) {
      this.send({ type: "subscribe", topic: "metrics" });
    }
    if (healed) {
      this.healers.forEach((heal) => heal());
    }
  }

  private lost(socket: WebSocket): void {
    if (socket !== this.socket) {
      return;
    }
    this.leave();
    this.failures += 1;
    this.setState(this.failures >= OFFLINE_AFTER ? "offline" : "reconnecting");
    this.retryTimer = setTimeout(() => this.connect(), backoff(this.failures));
  }

  private leave(): void {
    clearInterval(this.pingTimer);
    clearTimeout(this.deadTimer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  /** A dead line closes nothing by itself: whoever gets no answer to a ping hangs up. */
  private ping(): void {
    this.send({ type: "ping" });
    clearTimeout(this.deadTimer);
    const socket = this.socket;
    this.deadTimer = setTimeout(() => socket && this.lost(socket), DEAD_AFTER_MS);
  }

  private send(message: object): boolean {
    if (this.socket?.readyState !== 1) {
      return false; // everything is asked for again once it is open
    }
    this.socket.send(JSON.stringify(message));
    return true;
  }

  private setState(state: ConnectionState): void {
    if (state !== this.state) {
      this.state = state;
      this.watchers.forEach((watcher) => watcher());
    }
  }

  private heard(text: string): void {
    clearTimeout(this.deadTimer);
    const message = JSON.parse(text) as LiveEvent;
    if (message.type === "performance_metrics") {
      this.metrics.forEach((listener) => listener(message.data));
      return;
    }
    const channel = message.session_id === undefined ? undefined : this.channels.get(message.session_id);
    if (message.session_id !== undefined && channel !== undefined) {
      this.route(message.session_id, channel, message);
    }
  }

  private route(sessionId: string, channel: Channel, message: LiveEvent): void {
    switch (message.type) {
      case "subscribed":
        this.answered(sessionId, channel);
        startFromNow(channel, message.data.after_seq);
        return;
      case "error":
        this.answered(sessionId, channel);
        this.refused(sessionId, channel, message.data.code);
        return;
      case "unsubscribed":
        if (message.data.reason === "deleted") {
          this.end(sessionId, channel);
        } else {
          this.answered(sessionId, channel);
        }
        return;
      default:
        if (channel.pending === 0) {
          deliver(channel, message);
        }
    }
  }

  private refused(sessionId: string, channel: Channel, code: unknown): void {
    if (code === "cursor_expired" || code === "cursor_unknown") {
      for (const listener of channel.listeners.keys()) {
        channel.listeners.set(listener, undefined);
        listener.onReset?.();
      }
      this.ask(sessionId, channel);
    } else if (code === "session_not_found") {
      this.end(sessionId, channel);
    }
  }

  private end(sessionId: string, channel: Channel): void {
    this.channels.delete(sessionId);
    for (const listener of channel.listeners.keys()) {
      listener.onEnd?.();
    }
  }
}

function startFromNow(channel: Channel, afterSeq: unknown): void {
  for (const [listener, cursor] of channel.listeners) {
    if (cursor === undefined && typeof afterSeq === "number") {
      channel.listeners.set(listener, afterSeq);
    }
  }
}

function deliver(channel: Channel, message: LiveEvent): void {
  for (const [listener, cursor] of [...channel.listeners]) {
    if (message.type === "gap") {
      listener.onGap?.(String(message.data.reason));
    } else if (message.seq === undefined) {
      listener.onEvent(message);
    } else if (cursor === undefined || message.seq > cursor) {
      channel.listeners.set(listener, message.seq);
      if (message.type !== "cursor") {
        listener.onEvent(message);
      }
    }
  }
}
