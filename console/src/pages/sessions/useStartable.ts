import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";

const FILE = "file:";
const VERSION = "version:";
const SHOWN = 50;
const PAUSE_MS = 150;

/** What a session can be made on: files, and the versions that were sent as data and so have no file. */
export function useStartable(typed: string) {
  const { t } = useTranslation("sessions");
  const [search] = useDebouncedValue(typed.trim(), PAUSE_MS);
  const query = { page_size: SHOWN, ...(search === "" ? {} : { search }) };
  const files = api.useQuery("get", "/api/config/files");
  const loaded = api.useQuery("get", "/api/workflows/", { params: { query } }, { placeholderData: keepPreviousData });
  const paths = (files.data?.files ?? []).filter(({ kind }) => kind === "workflow").map(({ path }) => path);
  const sent = (loaded.data?.workflows ?? []).filter(({ config_path }) => config_path === null);
  const groups = [
    { group: t("new.files"), items: paths.map((path) => ({ value: FILE + path, label: path })) },
    {
      group: t("new.sent"),
      items: sent.map(({ workflow_id, name }) => ({ value: VERSION + workflow_id, label: `${name} · ${workflow_id}` })),
    },
  ];
  return {
    groups: groups.filter(({ items }) => items.length > 0),
    pending: files.isPending || loaded.isPending,
    error: files.error ?? loaded.error,
    retry: () => Promise.all([files.refetch(), loaded.refetch()]),
  };
}

/** The request for what was chosen. */
export function startOf(chosen: string): Schemas["SessionCreateRequest"] {
  return chosen.startsWith(FILE)
    ? { workflow_config_path: chosen.slice(FILE.length) }
    : { workflow_id: chosen.slice(VERSION.length) };
}
