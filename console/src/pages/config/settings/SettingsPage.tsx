import { Button, Group, Select, Stack } from "@mantine/core";
import { IconFilterOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { SearchField } from "@/components/SearchField";
import { useUrlState } from "@/hooks/useUrlState";
import { ConfigTabs } from "../ConfigTabs";
import { grouped, matching, SOURCES } from "./settings";
import { SettingGroup } from "./SettingGroup";

const DEFAULTS = { search: "", source: "" };

/** Every setting as it counts since the server's start, and where it came from. */
export default function SettingsPage() {
  const { t } = useTranslation("config");
  const [state, setState] = useUrlState(DEFAULTS);
  const { data, error, refetch } = api.useQuery("get", "/api/config");
  const groups = grouped(matching(data?.settings ?? [], state));
  return (
    <ConfigTabs shown="settings">
      <Group gap="xs" mb="md">
        <SearchField
          value={state.search}
          label={t("settings.search")}
          onSearch={(search) => setState({ search }, { replace: true })}
        />
        <Select
          aria-label={t("settings.source")}
          placeholder={t("settings.anySource")}
          data={SOURCES.map((value) => ({ value, label: t(`source.${value}`) }))}
          value={state.source === "" ? null : state.source}
          onChange={(source) => setState({ source: source ?? "" })}
          clearable
          w={180}
        />
      </Group>
      {data === undefined ? (
        error === null ? (
          <Loading rows={12} />
        ) : (
          <ErrorState error={error} retry={refetch} />
        )
      ) : groups.length === 0 ? (
        <EmptyState
          icon={IconFilterOff}
          title={t("settings.none")}
          action={
            <Button variant="default" mt="xs" onClick={() => setState(DEFAULTS)}>
              {t("settings.clear")}
            </Button>
          }
        />
      ) : (
        <Stack gap="lg">
          {groups.map(([name, settings]) => (
            <SettingGroup key={name} name={name} settings={settings} />
          ))}
        </Stack>
      )}
    </ConfigTabs>
  );
}
