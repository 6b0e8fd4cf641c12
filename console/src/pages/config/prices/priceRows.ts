/** Prices in force, by the provider's name of the model: several models of models.yaml may share one. */
import type { Schemas } from "@/api/client";

type Model = Schemas["ConfiguredModelResponse"];

export interface PriceRow {
  provider: string;
  model: string;
  /** What models.yaml calls it, once or more. */
  names: string[];
  price: Model["price"];
  listed: Model["listed_price"];
}

export const UNITS = ["input", "output", "cached", "cache_write", "reasoning"] as const;
export type Unit = (typeof UNITS)[number];

/** A phone has room for two of them. */
export function shownFrom(unit: Unit): "sm" | undefined {
  return unit === "input" || unit === "output" ? undefined : "sm";
}

export const OWN = "prices.yaml";

export function priceRows(models: readonly Model[]): PriceRow[] {
  const rows = new Map<string, PriceRow>();
  for (const { name, provider, model, price, listed_price: listed } of models) {
    const key = JSON.stringify([provider, model]);
    const row = rows.get(key) ?? { provider, model, names: [], price, listed };
    row.names.push(name);
    rows.set(key, row);
  }
  return [...rows.values()];
}

/** What a rate of prices.yaml would be without it, where that is another; null where nothing differs. */
export function listedRate({ price, listed }: PriceRow, unit: Unit): string | null {
  if (price?.source !== OWN || listed === null) {
    return null;
  }
  const rate = listed.rates[unit];
  const same = rate === price.rates[unit] && listed.currency === price.currency;
  return rate === undefined || same ? null : `${rate} ${listed.currency}`;
}
