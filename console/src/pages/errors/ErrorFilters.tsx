import { Group, Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { SearchField } from "@/components/SearchField";
import { TimeFilter } from "@/components/TimeFilter";
import { WorkflowFilter } from "@/components/WorkflowFilter";
import { type ErrorsState, KINDS, SEVERITIES } from "./errorList";

interface ErrorFiltersProps {
  state: ErrorsState;
  onChange: (changes: Partial<ErrorsState>, options?: { replace?: boolean }) => void;
}

export function ErrorFilters({ state, onChange }: ErrorFiltersProps) {
  const { t } = useTranslation("errors");
  return (
    <Group gap="xs" mb="sm">
      <SearchField
        value={state.search}
        label={t("search")}
        maxLength={200}
        onSearch={(search) => onChange({ search }, { replace: true })}
      />
      <Select
        aria-label={t("filter.kind")}
        placeholder={t("filter.anyKind")}
        data={KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))}
        value={state.kind === "" ? null : state.kind}
        onChange={(kind) => onChange({ kind: kind ?? "" })}
        clearable
        w={140}
      />
      <Select
        aria-label={t("filter.severity")}
        placeholder={t("filter.anySeverity")}
        data={SEVERITIES.map((value) => ({ value, label: t(`severity.${value}`) }))}
        value={state.severity === "" ? null : state.severity}
        onChange={(severity) => onChange({ severity: severity ?? "" })}
        clearable
        w={140}
      />
      <WorkflowFilter value={state.workflow} onChange={(workflow) => onChange({ workflow })} />
      <TimeFilter value={state.time} onChange={(time) => onChange({ time })} />
    </Group>
  );
}
