import { useTranslation } from "react-i18next";

interface Told {
  message: string;
  /** Null where an earlier version of the server stored it. */
  message_zh: string | null;
}

/** What an error says, in the chosen language. */
export function useMessageOf(): (error: Told) => string {
  const { i18n } = useTranslation();
  return ({ message, message_zh }) => (i18n.language === "zh" ? (message_zh ?? message) : message);
}
