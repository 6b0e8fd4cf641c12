import { ActionIcon, Group, Text } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Selection } from "@/components/graph/types";
import type { Editing } from "../canvas/useGraphEditing";
import { END, START, type Workflow } from "../document/workflow";
import classes from "../editor.module.css";
import type { Mistake } from "@/components/editor/diagnostics";
import { EntryField } from "./EntryField";
import { NodeForm } from "./NodeForm";
import { WayRow } from "./WayRow";

export interface InspectorProps {
  text: string;
  workflow: Workflow;
  selected: Selection;
  editing: Editing;
  mistakes: readonly Mistake[];
  onSelect: (selection: Selection | null) => void;
}

/** What is selected on the canvas, to be set up. All that the canvas does by dragging can be done here by keys. */
export function Inspector(props: InspectorProps) {
  const { t } = useTranslation("workflow-editor");
  const { selected, workflow, editing, mistakes, onSelect } = props;
  const close = (
    <ActionIcon aria-label={t("form.close")} onClick={() => onSelect(null)}>
      <IconX size={16} aria-hidden />
    </ActionIcon>
  );
  if (selected.kind === "node" && selected.id !== START && selected.id !== END) {
    const node = workflow.nodes.find(({ id }) => id === selected.id);
    return node === undefined ? null : (
      <section className={classes.inspector} aria-label={t("form.node", { name: node.id })}>
        <NodeForm key={node.id} {...props} node={node} close={close} />
      </section>
    );
  }
  const way = selected.kind === "edge" ? workflow.ways[selected.index] : undefined;
  return (
    <section className={classes.inspector} aria-label={t(way === undefined ? "form.ends" : "form.way")}>
      <Group justify="space-between" wrap="nowrap" mb={6}>
        <Text size="sm" fw={600} truncate>
          {way === undefined
            ? t(selected.kind === "node" && selected.id === END ? "form.endTitle" : "form.startTitle")
            : t("form.from", { name: way.from })}
        </Text>
        {close}
      </Group>
      {way !== undefined && way.from !== START ? (
        <WayRow way={way} workflow={workflow} editing={editing} mistakes={mistakes} onDeleted={() => onSelect(null)} />
      ) : selected.kind === "node" && selected.id === END ? (
        <Text size="sm" c="dimmed">
          {t("form.endText")}
        </Text>
      ) : (
        <EntryField workflow={workflow} editing={editing} />
      )}
    </section>
  );
}
