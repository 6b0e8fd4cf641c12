import type { TFunction } from "i18next";

/** A version's number, and what its author calls it: "3", "3 (1.0)". */
export function versionOf(t: TFunction<"workflows">, { number, version }: { number: number; version: string }): string {
  return version === "" ? String(number) : t("numberAndVersion", { number, version });
}
