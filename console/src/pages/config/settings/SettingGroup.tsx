import { Badge, Group, Table, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Copy } from "@/components/Copy";
import { DataTable } from "@/components/DataTable";
import { UNKNOWN } from "@/hooks/formats";
import classes from "./SettingGroup.module.css";
import { GENERAL, type Setting, written } from "./settings";

/** The settings of one part of the server. */
export function SettingGroup({ name, settings }: { name: string; settings: readonly Setting[] }) {
  const { t } = useTranslation("config");
  const title = name === GENERAL ? t("settings.general") : name;
  return (
    <section>
      <Title order={2} fz="sm" mb={6}>
        {title}
      </Title>
      <DataTable
        label={title}
        head={
          <>
            <Table.Th>{t("settings.setting")}</Table.Th>
            <Table.Th>{t("settings.value")}</Table.Th>
            <Table.Th visibleFrom="sm">{t("settings.source")}</Table.Th>
          </>
        }
      >
        {settings.map((setting) => (
          <SettingRow key={setting.name} setting={setting} />
        ))}
      </DataTable>
    </section>
  );
}

function SettingRow({ setting }: { setting: Setting }) {
  const { t, i18n } = useTranslation("config");
  const { name, description, description_zh, variable, value, source } = setting;
  const fallback = written(setting.default);
  return (
    <Table.Tr className={classes.row}>
      <Table.Td className={classes.setting}>
        <span className={classes.name}>{name}</span>
        <Text size="xs" c="dimmed">
          {i18n.language === "zh" ? description_zh : description}
        </Text>
        <Group gap={2} wrap="nowrap">
          <span className={classes.variable}>{variable}</span>
          <Copy value={variable} label={t("settings.copy", { variable })} />
        </Group>
      </Table.Td>
      <Table.Td className={classes.value}>
        <span className="mono break">{written(value) ?? UNKNOWN}</span>
        {source !== "default" && (
          <Text size="xs" c="dimmed" className="break">
            {fallback === null ? t("settings.noDefault") : t("settings.default", { value: fallback })}
          </Text>
        )}
        <Source source={source} hiddenFrom="sm" />
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Source source={source} />
      </Table.Td>
    </Table.Tr>
  );
}

function Source({ source, hiddenFrom }: { source: Setting["source"]; hiddenFrom?: "sm" }) {
  const { t } = useTranslation("config");
  return source === "default" ? (
    <Text size="xs" c="dimmed" hiddenFrom={hiddenFrom}>
      {t("source.default")}
    </Text>
  ) : (
    <Badge variant="light" miw="max-content" hiddenFrom={hiddenFrom}>
      {t(`source.${source}`)}
    </Badge>
  );
}
