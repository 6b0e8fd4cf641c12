import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useEffectEvent, useRef } from "react";
import { chartOption } from "./chartOption";
import type { ChartData } from "./chartTypes";
import { init, type EChartsType } from "./echarts";

interface ChartCanvasProps {
  label: string;
  data: ChartData;
  hidden: ReadonlySet<string>;
  height: number;
  onSelect?: ((index: number) => void) | undefined;
}

/** The drawing itself. It follows its container's width and the scheme; the table beside it says the same in words. */
export default function ChartCanvas({ label, data, hidden, height, onSelect }: ChartCanvasProps) {
  const container = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(null);
  const scheme = useComputedColorScheme("light");
  const select = useEffectEvent((x: number, y: number) => {
    const drawn = chart.current;
    if (drawn?.containPixel("grid", [x, y]) === true) {
      const [index] = drawn.convertFromPixel("grid", [x, y]);
      const rounded = Math.round(index ?? -1);
      if (rounded >= 0 && rounded < data.points.length) {
        onSelect?.(rounded);
      }
    }
  });
  useEffect(() => {
    const element = container.current;
    if (element === null) {
      return;
    }
    const drawn = init(element, undefined, { renderer: "canvas" });
    chart.current = drawn;
    drawn.getZr().on("click", ({ offsetX, offsetY }) => select(offsetX, offsetY));
    const observer = new ResizeObserver(() => drawn.resize());
    observer.observe(element);
    return () => {
      observer.disconnect();
      drawn.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    const font = container.current === null ? "" : getComputedStyle(container.current).fontFamily;
    chart.current?.setOption(chartOption(data, hidden, scheme, font), { notMerge: true });
  }, [data, hidden, scheme]);
  return (
    <div
      ref={container}
      role="img"
      aria-label={label}
      style={{ height, cursor: onSelect === undefined ? undefined : "pointer" }}
    />
  );
}
