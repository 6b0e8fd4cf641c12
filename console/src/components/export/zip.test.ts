import { crc32, inflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { zip } from "./zip";

const AT = new Date(2026, 2, 1, 12, 30, 42);

describe("zip", () => {
  it("holds each file whole, found from the directory at its end", async () => {
    const texts = { "数据.jsonl": "数据 ".repeat(10_000), "empty.csv": "" };
    const files = Object.entries(texts).map(([name, text]) => ({ name, content: new Blob([text]) }));
    const archive = Buffer.from(await (await zip(files, AT)).arrayBuffer());

    const end = archive.length - 22;
    expect(archive.readUInt32LE(end)).toBe(0x06054b50);
    expect(archive.readUInt16LE(end + 10)).toBe(2);
    let entry = archive.readUInt32LE(end + 16);
    for (const [name, text] of Object.entries(texts)) {
      expect(archive.readUInt32LE(entry)).toBe(0x02014b50);
      const nameLength = archive.readUInt16LE(entry + 28);
      expect(archive.toString("utf8", entry + 46, entry + 46 + nameLength)).toBe(name);
      const size = archive.readUInt32LE(entry + 20);
      const data = archive.readUInt32LE(entry + 42) + 30 + nameLength;
      const content = inflateRawSync(archive.subarray(data, data + size));
      expect(content.toString("utf8")).toBe(text);
      expect(archive.readUInt32LE(entry + 16)).toBe(crc32(content));
      expect(archive.readUInt32LE(entry + 24)).toBe(content.length);
      entry += 46 + nameLength;
    }
    expect(entry).toBe(end);
  });
});
