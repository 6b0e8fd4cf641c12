/** Keys of texts are checked by the compiler against the English files. A page adds its own in its route.tsx. */
import "i18next";
import type components from "./en/components.json";
import type shell from "./en/shell.json";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "shell";
  }
  interface ResourceNamespaceMap {
    components: typeof components;
    shell: typeof shell;
  }
}
