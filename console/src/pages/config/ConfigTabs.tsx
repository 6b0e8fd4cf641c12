import { Tabs } from "@mantine/core";
import { IconAdjustments, IconCoins, IconCpu, IconFiles, IconTool } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { Page } from "@/components/Page";
import classes from "./ConfigTabs.module.css";

const TABS = [
  { name: "settings", path: "/config", icon: IconAdjustments },
  { name: "models", path: "/config/models", icon: IconCpu },
  { name: "prices", path: "/config/prices", icon: IconCoins },
  { name: "tools", path: "/config/tools", icon: IconTool },
  { name: "files", path: "/config/files", icon: IconFiles },
] as const;

interface ConfigTabsProps {
  shown: (typeof TABS)[number]["name"];
  children: ReactNode;
}

/** The frame of the configuration's sides, each at its own address. */
export function ConfigTabs({ shown, children }: ConfigTabsProps) {
  const { t } = useTranslation("config");
  const navigate = useNavigate();
  return (
    <Page title={t("title")} description={t(`tab.${shown}Hint`)}>
      <Tabs
        value={shown}
        onChange={(chosen) => void navigate(TABS.find(({ name }) => name === chosen)?.path ?? "/config")}
        keepMounted={false}
      >
        <Tabs.List mb="md" className={classes.tabs}>
          {TABS.map(({ name, icon: IconOf }) => (
            <Tabs.Tab key={name} value={name} leftSection={<IconOf size={14} aria-hidden />}>
              {t(`tab.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={shown}>{children}</Tabs.Panel>
      </Tabs>
    </Page>
  );
}
