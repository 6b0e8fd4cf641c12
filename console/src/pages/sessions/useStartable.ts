import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import type { WorkflowFile } from "@/components/workflows/useWorkflowFiles";

const FILE = "file:";
const VERSION = "version:";
const SHOWN = 50;
const PAUSE_MS = 150;

/** What a session can be made on: files, and the versions that were sent as data and so have no file. */
export function useStartable(typed: string) {
  const { t } = useTranslation("sessions");
  const [search] = useDebouncedValue(typed.trim(), PAUSE_MS);
  const query = { page_size: SHOWN, ...(search === "" ? {} : { search }) };
  const { data, isPending, error, refetch } = api.useQuery(
    "get",
    "/api/workflows/",
    { params: { query } },
    { placeholderData: keepPreviousData },
  );
  const files = data?.files ?? [];
  const sent = (data?.workflows ?? []).filter(({ config_path }) => config_path === null);
  const groups = [
    {
      group: t("new.files"),
      items: files.map(({ config_path, path, name, code }) => ({
        value: FILE + config_path,
        label: name ?? path,
        disabled: code !== null,
      })),
    },
    {
      group: t("new.sent"),
      items: sent.map(({ workflow_id, name }) => ({ value: VERSION + workflow_id, label: `${name} · ${workflow_id}` })),
    },
  ];
  const byValue = new Map(files.map((file) => [FILE + file.config_path, file]));
  return {
    groups: groups.filter(({ items }) => items.length > 0),
    /** The file that an option offers; undefined for a version without a file. */
    fileOf: (value: string): WorkflowFile | undefined => byValue.get(value),
    pending: isPending,
    error,
    retry: refetch,
  };
}

/** Whether a file's name, path or description contains what was typed. */
export function fileContains({ name, path, description }: WorkflowFile, typed: string): boolean {
  const wanted = typed.trim().toLowerCase();
  return [name ?? "", path, description].some((text) => text.toLowerCase().includes(wanted));
}

/** The request for what was chosen. */
export function startOf(chosen: string): Schemas["SessionCreateRequest"] {
  return chosen.startsWith(FILE)
    ? { workflow_config_path: chosen.slice(FILE.length) }
    : { workflow_id: chosen.slice(VERSION.length) };
}
