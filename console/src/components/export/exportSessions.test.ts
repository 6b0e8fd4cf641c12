import { beforeEach, describe, expect, it, vi } from "vitest";
import { client } from "@/api/client";
import { ExportBroken, exportSessions, type ExportProgress } from "./exportSessions";

vi.mock("@/api/client", () => ({ client: { GET: vi.fn() } }));

const GET = vi.mocked(client.GET);

/** An answer of these pieces, which breaks off behind them unless it is whole. */
function answer(pieces: string[], { whole }: { whole: boolean }) {
  const data = new ReadableStream({
    async start(controller) {
      for (const piece of pieces) {
        controller.enqueue(new TextEncoder().encode(piece));
        await Promise.resolve();
      }
      if (whole) {
        controller.close();
      } else {
        controller.error(new TypeError("network error"));
      }
    },
  });
  return { data, response: new Response(null, { headers: { "X-Total-Count": "2" } }) } as never;
}

function exported(ids: string[], told: ExportProgress[] = [], signal = new AbortController().signal) {
  return exportSessions(
    () => Promise.resolve(ids),
    "jsonl",
    signal,
    (progress) => told.push(progress),
  );
}

describe("exportSessions", () => {
  beforeEach(() => GET.mockReset());

  it("has one session as its own file, and tells its messages and bytes as they come", async () => {
    GET.mockResolvedValueOnce(answer(["{}\n", "{}\n"], { whole: true }));
    const told: ExportProgress[] = [];
    const file = await exported(["a"], told);
    expect(file.name).toBe("a.jsonl");
    expect(await file.content.text()).toBe("{}\n{}\n");
    expect(told.map(({ messages, bytes }) => [messages, bytes])).toContainEqual([1, 3]);
    expect(told.at(-1)).toMatchObject({ messages: 2, ofMessages: 2, bytes: 6, done: 1, failures: [] });
  });

  it("never takes a part for the whole", async () => {
    GET.mockResolvedValueOnce(answer(["{}\n"], { whole: false }));
    await expect(exported(["a"])).rejects.toBeInstanceOf(ExportBroken);
  });

  it("goes on with the others, and names the one that broke off", async () => {
    GET.mockResolvedValueOnce(answer(["{}\n"], { whole: false }));
    GET.mockResolvedValueOnce(answer(["{}\n", "{}\n"], { whole: true }));
    const told: ExportProgress[] = [];
    const file = await exported(["a", "b"], told);
    expect(file.name).toMatch(/\.zip$/);
    expect(told.at(-1)?.failures.map(({ sessionId }) => sessionId)).toEqual(["a"]);
  });

  it("ends when it is stopped, instead of going on with the next", async () => {
    const controller = new AbortController();
    GET.mockImplementationOnce(() => {
      controller.abort();
      return Promise.reject(new DOMException("stopped", "AbortError"));
    });
    await expect(exported(["a", "b"], [], controller.signal)).rejects.toMatchObject({ name: "AbortError" });
    expect(GET).toHaveBeenCalledTimes(1);
  });
});
