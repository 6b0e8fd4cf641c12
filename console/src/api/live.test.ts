import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Live, type LiveEvent } from "./live";
import { DEAD_AFTER_MS, OFFLINE_AFTER, PING_EVERY_MS } from "./liveTiming";

/** A socket whose server is the test. */
class FakeSocket {
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {
    this.readyState = 3;
  }

  accept(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  break(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify({ timestamp: "", data: {}, ...message }) });
  }

  event(seq: number, session_id = "s"): void {
    this.say({ type: "message", session_id, seq });
  }

  subscribed(after_seq: number, session_id = "s"): void {
    this.say({ type: "subscribed", session_id, data: { after_seq } });
  }

  asked(): Record<string, unknown>[] {
    return this.sent.splice(0);
  }
}

let sockets: FakeSocket[];
let live: Live;

function socket(): FakeSocket {
  const last = sockets.at(-1);
  if (last === undefined) {
    throw new Error("nothing was opened");
  }
  return last;
}

function listener() {
  const seen: (number | string)[] = [];
  return {
    seen,
    onEvent: (event: LiveEvent) => seen.push(event.seq ?? event.type),
    onGap: (reason: string) => seen.push(`gap ${reason}`),
    onReset: () => seen.push("reset"),
    onEnd: () => seen.push("end"),
  };
}

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  live = new Live(() => {
    const made = new FakeSocket();
    sockets.push(made);
    return made as unknown as WebSocket;
  });
  live.start();
});

afterEach(() => {
  live.stop();
  vi.useRealTimers();
});

test("what is subscribed before the socket is open is asked for when it is", () => {
  live.subscribe("s", listener(), 4);
  expect(socket().asked()).toEqual([]);
  socket().accept();
  expect(socket().asked()).toEqual([{ type: "subscribe", session_id: "s", after_seq: 4 }]);
});

test("events come once and in order, live ones as they come", () => {
  const one = listener();
  socket().accept();
  live.subscribe("s", one, 0);
  socket().subscribed(0);
  socket().event(1);
  socket().say({ type: "token", session_id: "s" });
  socket().event(2);
  socket().event(2);
  socket().event(3, "another");
  expect(one.seen).toEqual([1, "token", 2]);
});

test("after a lost connection events go on where each listener stopped", () => {
  const one = listener();
  socket().accept();
  live.subscribe("s", one);
  socket().subscribed(7);
  socket().event(8);
  socket().break();
  expect(live.state).toBe("reconnecting");

  vi.advanceTimersByTime(1_000);
  socket().accept();
  expect(live.state).toBe("connected");
  expect(socket().asked()).toEqual([{ type: "subscribe", session_id: "s", after_seq: 8 }]);
  socket().subscribed(8);
  socket().event(8);
  socket().event(9);
  expect(one.seen).toEqual([8, 9]);
});

test("a listener from now on that saw nothing yet goes on from where now was", () => {
  const one = listener();
  socket().accept();
  live.subscribe("s", one);
  socket().subscribed(7);
  socket().break();
  vi.advanceTimersByTime(1_000);
  socket().accept();
  expect(socket().asked()).toEqual([{ type: "subscribe", session_id: "s", after_seq: 7 }]);
});

test("a second listener that begins earlier gets what it lacks, the first nothing twice", () => {
  const [one, other] = [listener(), listener()];
  socket().accept();
  live.subscribe("s", one, 2);
  socket().subscribed(2);
  socket().event(3);
  live.subscribe("s", other, 1);
  expect(socket().asked().at(-1)).toEqual({ type: "subscribe", session_id: "s", after_seq: 1 });
  socket().event(4); // still of the first subscription: it will come again
  socket().subscribed(1);
  for (const seq of [2, 3, 4]) {
    socket().event(seq);
  }
  expect(one.seen).toEqual([3, 4]);
  expect(other.seen).toEqual([2, 3, 4]);
});

test("a session is left with its last listener, and events of before are not taken for those of after", () => {
  const [one, other] = [listener(), listener()];
  socket().accept();
  const leave = live.subscribe("s", one);
  leave();
  live.subscribe("s", other, 5);
  expect(socket().asked()).toEqual([
    { type: "subscribe", session_id: "s" },
    { type: "unsubscribe", session_id: "s" },
    { type: "subscribe", session_id: "s", after_seq: 5 },
  ]);
  socket().subscribed(9);
  socket().event(10);
  socket().say({ type: "unsubscribed", session_id: "s", data: { reason: "asked" } });
  socket().subscribed(5);
  socket().event(6);
  expect(one.seen).toEqual([]);
  expect(other.seen).toEqual([6]);
});

test("a session that was left stays left when the connection comes back", () => {
  socket().accept();
  live.subscribe("s", listener())();
  socket().break();
  vi.advanceTimersByTime(1_000);
  socket().accept();
  expect(socket().asked()).toEqual([]);
});

test("gaps are told, and a cursor moves on without an event", () => {
  const one = listener();
  socket().accept();
  live.subscribe("s", one, 0);
  socket().subscribed(0);
  socket().say({ type: "gap", session_id: "s", data: { reason: "slow", from_seq: 1 } });
  socket().say({ type: "cursor", session_id: "s", seq: 40, data: { seq: 40 } });
  socket().break();
  vi.advanceTimersByTime(1_000);
  socket().accept();
  expect(one.seen).toEqual(["gap slow"]);
  expect(socket().asked()).toEqual([{ type: "subscribe", session_id: "s", after_seq: 40 }]);
});

test.each(["cursor_expired", "cursor_unknown"])(
  "after %s the session is read anew and followed from now on",
  (code) => {
    const one = listener();
    socket().accept();
    live.subscribe("s", one, 3);
    socket().asked();
    socket().say({ type: "error", session_id: "s", data: { code } });
    expect(one.seen).toEqual(["reset"]);
    expect(socket().asked()).toEqual([{ type: "subscribe", session_id: "s" }]);
    socket().subscribed(90);
    socket().event(91);
    expect(one.seen).toEqual(["reset", 91]);
  },
);

test("a session that was deleted, or never was, ends", () => {
  const [one, other] = [listener(), listener()];
  socket().accept();
  live.subscribe("s", one);
  socket().subscribed(0);
  socket().say({ type: "unsubscribed", session_id: "s", data: { reason: "deleted" } });
  live.subscribe("none", other);
  socket().say({ type: "error", session_id: "none", data: { code: "session_not_found" } });
  expect([one.seen, other.seen]).toEqual([["end"], ["end"]]);
  socket().asked();
  socket().break();
  vi.advanceTimersByTime(1_000);
  socket().accept();
  expect(socket().asked()).toEqual([]);
});

test("figures are subscribed once for all who listen, and again after a lost connection", () => {
  const heard: unknown[] = [];
  socket().accept();
  const leave = live.subscribeMetrics((data) => heard.push(data));
  const leaveToo = live.subscribeMetrics(() => undefined);
  expect(socket().asked()).toEqual([{ type: "subscribe", topic: "metrics" }]);
  socket().say({ type: "performance_metrics", data: { total_requests: 3 } });
  expect(heard).toEqual([{ total_requests: 3 }]);
  socket().break();
  vi.advanceTimersByTime(1_000);
  socket().accept();
  expect(socket().asked()).toEqual([{ type: "subscribe", topic: "metrics" }]);
  leave();
  expect(socket().asked()).toEqual([]);
  leaveToo();
  expect(socket().asked()).toEqual([{ type: "unsubscribe", topic: "metrics" }]);
});

test("it tries again with growing pauses, says offline after some, and at once when asked", () => {
  for (let failures = 0; failures < OFFLINE_AFTER; failures += 1) {
    socket().break();
    vi.advanceTimersByTime(15_000);
  }
  expect(live.state).toBe("offline");
  expect(sockets).toHaveLength(OFFLINE_AFTER + 1);

  socket().break();
  live.retryNow();
  expect(sockets).toHaveLength(OFFLINE_AFTER + 2);
  live.retryNow(); // one is being opened
  expect(sockets).toHaveLength(OFFLINE_AFTER + 2);
});

test("what was read before the connection was lost is told to be stale, once it is back", () => {
  const healed = vi.fn();
  live.onHealed(healed);
  socket().accept();
  expect(healed).not.toHaveBeenCalled();
  socket().break();
  vi.advanceTimersByTime(1_000);
  socket().accept();
  expect(healed).toHaveBeenCalledOnce();
});

test("a line that answers no ping is given up", () => {
  socket().accept();
  vi.advanceTimersByTime(PING_EVERY_MS);
  expect(socket().asked()).toEqual([{ type: "ping" }]);
  socket().say({ type: "pong" });
  vi.advanceTimersByTime(DEAD_AFTER_MS);
  expect(live.state).toBe("connected");

  vi.advanceTimersByTime(PING_EVERY_MS);
  expect(live.state).toBe("reconnecting");
  vi.advanceTimersByTime(1_000);
  expect(sockets.length).toBeGreaterThan(1);
});
