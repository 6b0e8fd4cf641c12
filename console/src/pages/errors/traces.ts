/** A stack as people read it: one exception after the other, each with its frames. */
import type { Schemas } from "@/api/client";

export type Frame = Schemas["FrameResponse"];

export interface Trace {
  /** The exception's class; null where the frames break off before it. */
  raised: string | null;
  frames: Frame[];
}

/** The last frame of each exception names its class; those of what caused it follow. */
export function traces(frames: readonly Frame[]): Trace[] {
  const found: Trace[] = [];
  let current: Frame[] = [];
  for (const frame of frames) {
    current.push(frame);
    if (frame.raised !== null) {
      found.push({ raised: frame.raised, frames: current });
      current = [];
    }
  }
  return current.length === 0 ? found : [...found, { raised: null, frames: current }];
}

/** For pasting into an issue. */
export function stackText(frames: readonly Frame[]): string {
  return traces(frames)
    .map(({ raised, frames: own }) =>
      [...(raised === null ? [] : [raised]), ...own.map((one) => `  ${one.file}:${one.line} ${one.function}`)].join(
        "\n",
      ),
    )
    .join("\ncaused by ");
}
