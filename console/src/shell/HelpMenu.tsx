import { ActionIcon, Menu } from "@mantine/core";
import { IconApi, IconHelp, IconKeyboard } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";

/** Where help is: the API's reference and the keys. It also has the version of the server. */
export function HelpMenu({ onShowKeys }: { onShowKeys: () => void }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const { data } = api.useQuery("get", "/api/version", {}, { enabled: opened });
  return (
    <Menu position="top-end" opened={opened} onChange={setOpened}>
      <Menu.Target>
        <ActionIcon aria-label={t("help.label")}>
          <IconHelp size={17} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {/* Not a page of the console: the browser has to load it. */}
        <Menu.Item component="a" href="/api/docs" leftSection={<IconApi size={14} aria-hidden />}>
          {t("help.reference")}
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={14} aria-hidden />} onClick={onShowKeys}>
          {t("help.shortcuts")}
        </Menu.Item>
        {data !== undefined && (
          <>
            <Menu.Divider />
            <Menu.Label>{t("help.version", { version: data.version })}</Menu.Label>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
