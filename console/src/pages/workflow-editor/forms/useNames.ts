import { api } from "@/api/client";
import type { SettingKind } from "@/components/graph/useNodeTypes";

const NO_NAMES: readonly string[] = [];
const RARELY = { staleTime: 60_000 };

/** The models, or the tools that can be called, for settings that name one. */
export function useNames(kind: SettingKind): string[] {
  const models = api.useQuery("get", "/api/config/models", {}, { ...RARELY, enabled: kind === "model" });
  const tools = api.useQuery(
    "get",
    "/api/config/tools",
    {},
    { ...RARELY, enabled: kind === "tool" || kind === "tools" },
  );
  const available = tools.data?.tools.filter(({ unavailable }) => unavailable === null);
  const names = kind === "model" ? models.data?.models : kind === "tool" || kind === "tools" ? available : undefined;
  return [...(names?.map(({ name }) => name) ?? NO_NAMES)];
}
