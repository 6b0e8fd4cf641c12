import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";

const SHOWN = 20;
const PAUSE_MS = 150;

interface SessionPickerProps {
  value: string | null;
  onChange: (sessionId: string | null) => void;
}

/** Chooses a session by a part of its title, id or workflow; the server looks for what is typed. */
export function SessionPicker({ value, onChange }: SessionPickerProps) {
  const { t } = useTranslation("components");
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed.trim(), PAUSE_MS);
  const query = { page_size: SHOWN, sort_by: "updated_at" as const, ...(search === "" ? {} : { search }) };
  const { data, isPending } = api.useQuery(
    "get",
    "/api/sessions/",
    { params: { query } },
    { placeholderData: keepPreviousData },
  );
  const sessions = (data?.sessions ?? []).map(({ session_id, title }) => ({
    value: session_id,
    label: title === null ? session_id : `${title} · ${session_id}`,
  }));
  return (
    <Select
      label={t("sessionPicker.label")}
      placeholder={t("sessionPicker.placeholder")}
      data={sessions}
      value={value}
      onChange={onChange}
      searchable
      onSearchChange={setTyped}
      filter={({ options }) => options}
      nothingFoundMessage={isPending ? t("loading") : t("sessionPicker.none")}
      data-autofocus
    />
  );
}
