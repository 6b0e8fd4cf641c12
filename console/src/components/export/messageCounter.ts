/** Counts the messages in a session's export while its bytes come in, by what parts them in each format. */

export const FORMATS = ["json", "jsonl", "csv", "markdown"] as const;
export type Format = (typeof FORMATS)[number];

export const SUFFIXES: Record<Format, string> = { json: "json", jsonl: "jsonl", csv: "csv", markdown: "md" };

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const HEADING = /^## \d+ · (user|assistant|system|tool)\b/;
const MESSAGES = '"messages":[';

/** Takes the next bytes, and says how many messages have come so far. */
export type MessageCounter = (bytes: Uint8Array) => number;

export function messageCounter(format: Format): MessageCounter {
  switch (format) {
    case "csv":
      return countRecords();
    case "markdown":
      return countLines(() => (line) => HEADING.test(line));
    case "json":
      return countLines(insideMessages);
    case "jsonl":
      return countLines(() => (line) => line !== "");
  }
}

/** The last list of the object is that of the messages; each line break there ends one. */
function insideMessages(): (line: string) => boolean {
  let inside = false;
  return (line) => {
    inside ||= line.startsWith(MESSAGES);
    return inside && line !== `${MESSAGES}]}`;
  };
}

const LINE_START = 48; // bytes of a line that tell what it is

function countLines(start: () => (line: string) => boolean): MessageCounter {
  const counts = start();
  const decoder = new TextDecoder();
  let head: number[] = [];
  let count = 0;
  return (bytes) => {
    for (const byte of bytes) {
      if (byte === NEWLINE) {
        count += counts(decoder.decode(new Uint8Array(head))) ? 1 : 0;
        head = [];
      } else if (head.length < LINE_START) {
        head.push(byte);
      }
    }
    return count;
  };
}

/** Records of RFC 4180 after the header: a line break within quotes belongs to its cell, and doubled quotes cancel out. */
function countRecords(): MessageCounter {
  let quoted = false;
  let records = 0;
  return (bytes) => {
    for (const byte of bytes) {
      if (byte === QUOTE) {
        quoted = !quoted;
      } else if (byte === NEWLINE && !quoted) {
        records += 1;
      }
    }
    return Math.max(records - 1, 0);
  };
}
