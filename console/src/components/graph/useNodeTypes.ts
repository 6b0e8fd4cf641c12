import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { isLanguage } from "@/app/i18n";

export type NodeType = Schemas["NodeTypeResponse"];
export type Setting = Schemas["NodeSettingResponse"];
export type SettingKind = Setting["kind"];

/** The server's types of nodes, in the order of the menu. They change only with the server. */
export function useNodeTypes() {
  const { data, error, refetch } = api.useQuery("get", "/api/node-types/", {}, { staleTime: Infinity });
  return { nodeTypes: data?.node_types, error, refetch };
}

/** One type of node. Undefined until the types are read, and for a type that the server does not have. */
export function useNodeType(type: string): NodeType | undefined {
  return useNodeTypes().nodeTypes?.find((one) => one.type === type);
}

/** A text of a node type in the chosen language. */
export function useTextOf(): (text: Schemas["TranslationsResponse"]) => string {
  const { i18n } = useTranslation();
  return (text) => text[isLanguage(i18n.language) ? i18n.language : "en"];
}
