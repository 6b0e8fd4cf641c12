/** Settings as the page searches and groups them. */
import type { Schemas } from "@/api/client";

export type Setting = Schemas["SettingResponse"];

export const SOURCES = ["file", "environment", "option", "default"] as const satisfies readonly Setting["source"][];

/** What a setting belongs to where its name has no first part. */
export const GENERAL = "";

/** Those whose name, variable, value or description has every word of the search, from a source if one is chosen. */
export function matching(
  settings: readonly Setting[],
  { search, source }: { search: string; source: string },
): Setting[] {
  const words = search.toLowerCase().split(/\s+/);
  return settings.filter((setting) => {
    const said = [
      setting.name,
      setting.variable,
      setting.description,
      setting.description_zh,
      written(setting.value) ?? "",
    ]
      .join(" ")
      .toLowerCase();
    return (source === "" || setting.source === source) && words.every((word) => said.includes(word));
  });
}

/** By the first part of the name, in the server's order. */
export function grouped(settings: readonly Setting[]): [string, Setting[]][] {
  const groups = new Map<string, Setting[]>();
  for (const setting of settings) {
    const group = setting.name.includes(".") ? (setting.name.split(".")[0] ?? GENERAL) : GENERAL;
    groups.set(group, [...(groups.get(group) ?? []), setting]);
  }
  return [...groups];
}

/** A value as flowdeck.yaml would have it; null where there is none. */
export function written(value: unknown): string | null {
  if (value == null || value === "") {
    return null;
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}
