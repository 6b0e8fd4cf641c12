import { byNamespace } from "./namespaces";

export default byNamespace(
  import.meta.glob<Record<string, unknown>>("./zh/*.json", { eager: true, import: "default" }),
);
