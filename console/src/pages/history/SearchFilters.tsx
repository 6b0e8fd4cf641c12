import { Chip, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { TimeFilter } from "@/components/TimeFilter";
import { WorkflowFilter } from "@/components/WorkflowFilter";
import { MESSAGE_TYPES, type SearchState } from "./useSearch";

interface SearchFiltersProps {
  state: SearchState;
  onChange: (changes: Partial<SearchState>) => void;
}

/** Which messages are looked at. No chosen type means all of them. */
export function SearchFilters({ state, onChange }: SearchFiltersProps) {
  const { t } = useTranslation("history");
  return (
    <Group gap="xs">
      <WorkflowFilter value={state.workflow} onChange={(workflow) => onChange({ workflow })} />
      <TimeFilter value={state.time} onChange={(time) => onChange({ time })} />
      <Chip.Group
        multiple
        value={state.types === "" ? [] : state.types.split(",")}
        onChange={(chosen) => onChange({ types: MESSAGE_TYPES.filter((type) => chosen.includes(type)).join(",") })}
      >
        <Group gap={4} role="group" aria-label={t("filter.types")}>
          {MESSAGE_TYPES.map((type) => (
            <Chip key={type} value={type} size="xs" radius="sm" variant="light">
              {t(`type.${type}`)}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
    </Group>
  );
}
