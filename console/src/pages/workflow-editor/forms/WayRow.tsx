import { ActionIcon, Group, Select, TextInput, Tooltip } from "@mantine/core";
import { IconArrowUp, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { mistakesOf } from "../canvas/marks";
import type { Editing } from "../canvas/useGraphEditing";
import { canTrade, disconnect, isCase, moveUp, reconnect, setCondition } from "../document/edits";
import { END, namesOf, type Way, type Workflow } from "../document/workflow";
import type { Mistake } from "@/components/editor/diagnostics";
import { useTyped } from "./useTyped";

interface WayRowProps {
  way: Way;
  workflow: Workflow;
  editing: Editing;
  mistakes: readonly Mistake[];
  onDeleted?: () => void;
}

/** One way: where it goes, on which condition, and whether it is tried earlier. */
export function WayRow({ way, workflow, editing, mistakes, onDeleted }: WayRowProps) {
  const { t } = useTranslation("workflow-editor");
  const before = workflow.ways[workflow.ways.indexOf(way) - 1];
  const wrong = mistakesOf(way.path, mistakes).map(({ message }) => message);
  const isDefault = way.path.at(-1) === "default";
  const condition = useTyped(way.when ?? "", (typed) =>
    editing.change((text) => setCondition(text, way, typed === "" && !isCase(way) ? null : typed), { typed: true }),
  );
  return (
    <Group gap={6} wrap="nowrap" align="flex-start">
      <Select
        aria-label={t("way.to")}
        data={[...namesOf(workflow), END]}
        value={way.to}
        onChange={(to) => to !== null && editing.change((text) => reconnect(text, way, to))}
        searchable
        allowDeselect={false}
        w={150}
        flex="none"
      />
      <TextInput
        aria-label={t("way.when", { to: way.to })}
        placeholder={t(isDefault ? "way.otherwise" : "way.always")}
        disabled={isDefault}
        value={condition.value}
        onChange={({ currentTarget }) => condition.change(currentTarget.value)}
        onBlur={condition.onBlur}
        error={wrong.length === 0 ? undefined : wrong.join("; ")}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        flex={1}
      />
      <Tooltip label={t("way.up")}>
        <ActionIcon
          aria-label={t("way.up")}
          disabled={!canTrade(before, way)}
          onClick={() => editing.change((text) => moveUp(text, way))}
        >
          <IconArrowUp size={15} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={t("way.delete")}>
        <ActionIcon
          aria-label={t("way.delete")}
          onClick={() => {
            editing.change((text) => disconnect(text, way));
            onDeleted?.();
          }}
        >
          <IconTrash size={15} aria-hidden />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}
