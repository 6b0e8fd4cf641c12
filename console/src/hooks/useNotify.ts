/** Short messages at the page's corner: what was done, and what was not. */
import { notifications } from "@mantine/notifications";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Problem, UNREACHABLE } from "@/api/problem";

export interface Notify {
  done: (message: string) => void;
  /** For what fails where no part of the page can show it, such as a button in a row. */
  failed: (error: unknown) => void;
}

export function useNotify(): Notify {
  const { t } = useTranslation("components");
  return useMemo(() => {
    return {
      done: (message) => {
        notifications.show({ message });
      },
      failed: (error) => {
        const lost = error instanceof Problem && error.code === UNREACHABLE;
        const detail = error instanceof Error ? error.message : String(error);
        const message = lost ? t("error.unreachableTitle") : detail;
        notifications.show({ title: t("error.title"), message, color: "red", autoClose: 10_000 });
      },
    };
  }, [t]);
}
