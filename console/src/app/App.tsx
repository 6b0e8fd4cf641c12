import { localStorageColorSchemeManager, MantineProvider, mergeThemeOverrides } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { createBrowserRouter } from "react-router";
import { RouterProvider } from "react-router/dom";
import { live } from "@/api/useLive";
import { labelled } from "./labels";
import { pageNonce } from "./nonce";
import { makeQueryClient } from "./queries";
import { cssVariables, theme } from "./theme";

const colorSchemes = localStorageColorSchemeManager({ key: "flowdeck.color-scheme" });

/** What every page stands in: look, texts, server state, the socket, and the router. */
export function App({ router }: { router: ReturnType<typeof createBrowserRouter> }) {
  const { t } = useTranslation();
  const look = useMemo(() => mergeThemeOverrides(theme, labelled(t("close"))), [t]);
  const [queries] = useState(makeQueryClient);
  useEffect(() => {
    live.start();
    const stopHealing = live.onHealed(() => void queries.invalidateQueries());
    const seen = () => {
      if (document.visibilityState === "visible") {
        live.retryNow();
      }
    };
    document.addEventListener("visibilitychange", seen);
    return () => {
      document.removeEventListener("visibilitychange", seen);
      stopHealing();
      live.stop();
    };
  }, [queries]);
  return (
    <MantineProvider
      theme={look}
      cssVariablesResolver={cssVariables}
      colorSchemeManager={colorSchemes}
      defaultColorScheme="auto"
      getStyleNonce={pageNonce}
    >
      <QueryClientProvider client={queries}>
        <ModalsProvider labels={{ confirm: t("confirm"), cancel: t("cancel") }}>
          <Notifications position="bottom-right" limit={4} />
          <RouterProvider router={router} />
        </ModalsProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
