import { Tooltip } from "@mantine/core";
import { useFormat } from "@/hooks/useFormat";

/** Milliseconds, in the unit that suits them. Null is a dash: not measured is not zero. */
export function Duration({ ms }: { ms: number | null | undefined }) {
  const format = useFormat();
  return <span className="number">{format.duration(ms)}</span>;
}

/** A count of tokens, shortened; exact in the tooltip. */
export function Tokens({ count }: { count: number | null | undefined }) {
  const format = useFormat();
  return (
    <Tooltip label={format.number(count)} disabled={count == null || count < 1000}>
      <span className="number">{format.compact(count)}</span>
    </Tooltip>
  );
}

/** An amount in its currency. Null is a dash: a price that is not known is not free. */
export function Money({
  amount,
  currency,
}: {
  amount: string | null | undefined;
  currency: string | null | undefined;
}) {
  const format = useFormat();
  return (
    <Tooltip label={`${amount ?? ""} ${currency ?? ""}`} disabled={amount == null}>
      <span className="number">{format.money(amount, currency)}</span>
    </Tooltip>
  );
}
