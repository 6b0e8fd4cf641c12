import { expect, test } from "vitest";
import type { Schemas } from "@/api/client";
import { listedRate, priceRows } from "./priceRows";

type Price = Schemas["PriceResponse"];

const LISTED: Price = {
  currency: "USD",
  source: "genai-prices",
  version: "1",
  rates: { input: "0.15", output: "0.6", cached: "0.075", cache_write: "0.15", reasoning: "0.6" },
};
const OWN: Price = { ...LISTED, source: "prices.yaml", rates: { ...LISTED.rates, input: "0.1" } };

function model(name: string, price: Price | null, listed: Price | null): Schemas["ConfiguredModelResponse"] {
  return {
    name,
    provider: "openai",
    model: "gpt-4o-mini",
    base_url: null,
    timeout_seconds: 60,
    retries: 2,
    fallbacks: [],
    temperature: null,
    max_tokens: null,
    missing_variables: [],
    unavailable: null,
    price,
    listed_price: listed,
  };
}

test("models of the same provider's model share a row", () => {
  expect(priceRows([model("fast", LISTED, LISTED), model("cheap", LISTED, LISTED)])).toEqual([
    { provider: "openai", model: "gpt-4o-mini", names: ["fast", "cheap"], price: LISTED, listed: LISTED },
  ]);
});

test("only a rate of one's own that differs has a listed one beside it", () => {
  const [own] = priceRows([model("fast", OWN, LISTED)]);
  expect(own && [listedRate(own, "input"), listedRate(own, "output")]).toEqual(["0.15 USD", null]);
  const [inEuro] = priceRows([model("fast", { ...OWN, currency: "EUR" }, LISTED)]);
  expect(inEuro && listedRate(inEuro, "output")).toBe("0.6 USD");
  const [listed] = priceRows([model("fast", LISTED, LISTED)]);
  expect(listed && listedRate(listed, "input")).toBe(null);
  const [unlisted] = priceRows([model("fast", OWN, null)]);
  expect(unlisted && listedRate(unlisted, "input")).toBe(null);
});
