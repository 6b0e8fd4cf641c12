import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";

const SHOWN = 50;
const PAUSE_MS = 150;

/** Chooses a workflow by its name; the server looks for what is typed. */
export function WorkflowFilter({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  const { t } = useTranslation("components");
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed === value ? "" : typed.trim(), PAUSE_MS);
  const query = { current: true, page_size: SHOWN, ...(search === "" ? {} : { search }) };
  const { data } = api.useQuery(
    "get",
    "/api/workflows/",
    { params: { query } },
    { placeholderData: keepPreviousData, staleTime: 30_000 },
  );
  const names = new Set(data?.workflows.map(({ name }) => name));
  if (value !== "") {
    names.add(value);
  }
  return (
    <Select
      aria-label={t("workflowFilter.label")}
      placeholder={t("workflowFilter.any")}
      data={[...names].sort()}
      value={value === "" ? null : value}
      onChange={(name) => onChange(name ?? "")}
      searchable
      onSearchChange={setTyped}
      nothingFoundMessage={t("workflowFilter.none")}
      clearable
      w={190}
    />
  );
}
