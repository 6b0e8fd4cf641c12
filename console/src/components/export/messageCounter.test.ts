import { describe, expect, it } from "vitest";
import { type Format, messageCounter } from "./messageCounter";

/** What is counted at the end, in one piece and byte by byte. */
function count(format: Format, text: string): number {
  const bytes = new TextEncoder().encode(text);
  const whole = messageCounter(format)(bytes);
  const inPieces = messageCounter(format);
  let last = 0;
  bytes.forEach((byte) => (last = inPieces(new Uint8Array([byte]))));
  expect(last).toBe(whole);
  return whole;
}

describe("messageCounter", () => {
  it("counts lines of JSON Lines", () => {
    expect(count("jsonl", '{"content":"a\\nb"}\n{"content":"数据"}\n')).toBe(2);
    expect(count("jsonl", "")).toBe(0);
  });

  it("counts what is in the list of messages alone", () => {
    const before = '{"session":{"session_id":"a"},\n"runs":[{"run_id":"b"},\n{"run_id":"c"}],\n"model_calls":[],\n';
    const end = '"bookmarks":[{"note":"\\"messages\\":["}],\n';
    expect(count("json", `${before}${end}"messages":[{"content":"数据"},\n{"content":"x"}]}\n`)).toBe(2);
    expect(count("json", `${before}${end}"messages":[]}\n`)).toBe(0);
  });

  it("counts records, not the line breaks and quotes in their cells", () => {
    expect(count("csv", '\ufeffseq,content\r\n1,"say ""hi""\r\n, she said"\r\n2,plain\r\n')).toBe(2);
    expect(count("csv", "\ufeffseq,content\r\n")).toBe(0);
  });

  it("counts the headings of messages", () => {
    const page =
      "# Session a\n\n- Workflow: `chat`\n\n## 2 · user · 2026-03-01\n\nHi\n\n## My heading\n\n## 9 · tool · calculator · x\n";
    expect(count("markdown", page)).toBe(2);
  });
});
