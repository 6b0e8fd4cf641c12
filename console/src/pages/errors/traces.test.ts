import { describe, expect, it } from "vitest";
import { type Frame, stackText, traces } from "./traces";

const frame = (name: string, raised: string | null = null): Frame => ({
  file: `${name}.py`,
  line: 7,
  function: name,
  raised,
});

describe("traces", () => {
  it("ends an exception where its class is named, and begins its cause", () => {
    const found = traces([frame("run"), frame("call", "RunFailed"), frame("divide", "ZeroDivisionError")]);
    expect(found.map(({ raised, frames }) => [raised, frames.map((one) => one.function)])).toEqual([
      ["RunFailed", ["run", "call"]],
      ["ZeroDivisionError", ["divide"]],
    ]);
  });

  it("keeps frames that were cut off before their exception", () => {
    expect(traces([frame("run", "RunFailed"), frame("call")])).toHaveLength(2);
    expect(traces([frame("run")])).toEqual([{ raised: null, frames: [frame("run")] }]);
  });

  it("is written so that it can be pasted", () => {
    expect(stackText([frame("run", "RunFailed"), frame("divide", "ZeroDivisionError")])).toBe(
      "RunFailed\n  run.py:7 run\ncaused by ZeroDivisionError\n  divide.py:7 divide",
    );
  });
});
