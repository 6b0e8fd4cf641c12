import { ActionIcon, Menu, useMantineColorScheme } from "@mantine/core";
import { IconCheck, IconDeviceDesktop, IconLanguage, IconMoon, IconSun } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { changeLanguage, isLanguage, LANGUAGES } from "@/app/i18n";

const SCHEMES = { light: IconSun, dark: IconMoon, auto: IconDeviceDesktop } as const;

/** Language and colours; the browser remembers both. */
export function Preferences() {
  return (
    <>
      <LanguageMenu />
      <ColorSchemeMenu />
    </>
  );
}

function LanguageMenu() {
  const { t, i18n } = useTranslation();
  return (
    <Menu position="top-end">
      <Menu.Target>
        <ActionIcon aria-label={t("language")}>
          <IconLanguage size={17} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {Object.entries(LANGUAGES).map(([language, name]) => (
          <Menu.Item
            key={language}
            lang={language}
            rightSection={i18n.language === language && <IconCheck size={14} aria-hidden />}
            onClick={() => isLanguage(language) && void changeLanguage(language)}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function ColorSchemeMenu() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Chosen = SCHEMES[colorScheme];
  return (
    <Menu position="top-end">
      <Menu.Target>
        <ActionIcon aria-label={t("scheme.label")}>
          <Chosen size={17} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(["light", "dark", "auto"] as const).map((scheme) => {
          const IconOf = SCHEMES[scheme];
          return (
            <Menu.Item
              key={scheme}
              leftSection={<IconOf size={14} aria-hidden />}
              rightSection={colorScheme === scheme && <IconCheck size={14} aria-hidden />}
              onClick={() => setColorScheme(scheme)}
            >
              {t(`scheme.${scheme}`)}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
