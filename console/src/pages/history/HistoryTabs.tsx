import { Tabs } from "@mantine/core";
import { IconBookmarks, IconSearch } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { Page } from "@/components/Page";

const PATHS = { search: "/history", bookmarks: "/history/bookmarks" } as const;

interface HistoryTabsProps {
  shown: keyof typeof PATHS;
  actions?: ReactNode;
  children: ReactNode;
}

/** The frame of the history's two sides, each at its own address. */
export function HistoryTabs({ shown, actions, children }: HistoryTabsProps) {
  const { t } = useTranslation("history");
  const navigate = useNavigate();
  return (
    <Page title={t("title")} actions={actions}>
      <Tabs
        value={shown}
        onChange={(chosen) => void navigate(PATHS[chosen === "bookmarks" ? "bookmarks" : "search"])}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="search" leftSection={<IconSearch size={14} aria-hidden />}>
            {t("tab.search")}
          </Tabs.Tab>
          <Tabs.Tab value="bookmarks" leftSection={<IconBookmarks size={14} aria-hidden />}>
            {t("tab.bookmarks")}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value={shown}>{children}</Tabs.Panel>
      </Tabs>
    </Page>
  );
}
