import { Tooltip } from "@mantine/core";
import { useFormat } from "@/hooks/useFormat";
import { useNow } from "@/hooks/useNow";

/** How long ago, kept up to date; the moment itself in the tooltip. */
export function TimeAgo({ at }: { at: string }) {
  const format = useFormat();
  const now = useNow();
  return (
    <Tooltip label={format.dateTime(at)}>
      <time dateTime={at} className="nowrap">
        {format.relative(at, now)}
      </time>
    </Tooltip>
  );
}
