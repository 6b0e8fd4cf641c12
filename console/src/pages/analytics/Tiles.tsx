import { Anchor, SimpleGrid } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Tile } from "@/components/Tile";
import { useFormat } from "@/hooks/useFormat";
import { Change } from "./Change";
import { amountOf, currenciesOf, type Figure, type Point, type Unit } from "./figures";
import { useUnits } from "./useUnits";

interface TilesProps {
  total: Point;
  /** Of the time before; left out: nothing is compared. */
  before?: Point | undefined;
  linkOf: (figure: Figure, currency?: string) => string;
}

interface OneTile {
  name: "requests" | "sessions" | "errorRate" | "responseTime" | "firstToken" | "tokens";
  figure: Figure;
  unit: Unit;
  value: (point: Point) => number | null;
  worse?: boolean;
}

const TILES: readonly OneTile[] = [
  { name: "requests", figure: "requests", unit: "count", value: ({ requests }) => requests },
  { name: "sessions", figure: "sessions", unit: "count", value: ({ sessions }) => sessions },
  { name: "errorRate", figure: "failed", unit: "share", value: ({ error_rate }) => error_rate, worse: true },
  {
    name: "responseTime",
    figure: "response_time",
    unit: "duration",
    value: ({ response_time_ms }) => response_time_ms.p95,
    worse: true,
  },
  {
    name: "firstToken",
    figure: "time_to_first_token",
    unit: "duration",
    value: ({ time_to_first_token_ms }) => time_to_first_token_ms.p95,
    worse: true,
  },
  { name: "tokens", figure: "tokens", unit: "count", value: ({ tokens }) => tokens.total_tokens },
];

/** The figures of the whole time; each leads to the sessions that it is made of. */
export function Tiles({ total, before, linkOf }: TilesProps) {
  const { t } = useTranslation("analytics");
  const units = useUnits();
  const format = useFormat();
  const notes: Partial<Record<OneTile["name"], ReactNode>> = {
    errorRate: total.failed > 0 && t("tile.failed", { count: total.failed, shown: format.number(total.failed) }),
    tokens: total.tokens.estimated && <FigureLink to={linkOf("estimated")}>{estimated(total)}</FigureLink>,
  };
  function estimated({ tokens }: Point): string {
    return t("tile.estimated", { count: tokens.estimated_calls, shown: format.number(tokens.estimated_calls) });
  }
  return (
    <SimpleGrid cols={{ base: 2, xs: 3, lg: 7 }} spacing="sm" aria-label={t("tile.label")} role="group">
      {TILES.map(({ name, figure, unit, value, worse }) => {
        const write = units(unit).full;
        const short = name === "tokens" ? (of: number | null) => format.compact(of) : write;
        return (
          <Tile
            key={name}
            label={t(`tile.${name}`)}
            note={
              <>
                {before !== undefined && (
                  <div>
                    <Change now={value(total)} before={value(before)} write={short} worse={worse} />
                  </div>
                )}
                {notes[name]}
              </>
            }
          >
            <FigureLink to={linkOf(figure)}>{short(value(total))}</FigureLink>
          </Tile>
        );
      })}
      <CostTile total={total} before={before} linkOf={linkOf} />
    </SimpleGrid>
  );
}

/** Each currency apart; what has no price is said, and not counted as free. */
function CostTile({ total, before, linkOf }: TilesProps) {
  const { t } = useTranslation("analytics");
  const units = useUnits();
  const format = useFormat();
  const currencies = currenciesOf(total, before);
  const unpriced = total.cost.unpriced_calls;
  return (
    <Tile
      label={t("tile.cost")}
      note={
        <>
          {before !== undefined &&
            currencies.map((currency) => (
              <div key={currency}>
                <Change
                  now={amountOf(total, currency)}
                  before={amountOf(before, currency)}
                  write={units("money", currency).full}
                  worse
                />
              </div>
            ))}
          {unpriced > 0 && (
            <FigureLink to={linkOf("unpriced")}>
              {t("tile.unpriced", { count: unpriced, shown: format.number(unpriced) })}
            </FigureLink>
          )}
        </>
      }
    >
      {currencies.length === 0
        ? format.money(null, null)
        : currencies.map((currency) => (
            <FigureLink key={currency} to={linkOf("cost", currency)}>
              {units("money", currency).full(amountOf(total, currency))}
            </FigureLink>
          ))}
    </Tile>
  );
}

function FigureLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Anchor component={Link} to={to} inherit c="inherit" underline="hover">
      {children}
    </Anchor>
  );
}
