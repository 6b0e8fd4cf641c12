import { Alert, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import type { Selection } from "@/components/graph/types";
import { WorkflowGraph } from "@/components/graph/WorkflowGraph";
import { placeOf } from "../document/source";
import type { Reading, Workflow } from "../document/workflow";
import classes from "../editor.module.css";
import { Inspector } from "../forms/Inspector";
import type { Mistake } from "@/components/editor/diagnostics";
import type { YamlText } from "@/components/editor/useYamlText";
import { CanvasBar } from "./CanvasBar";
import { edgeMarksOf, nodeMarksOf } from "./marks";
import { useGraphEditing } from "./useGraphEditing";

interface CanvasProps {
  yaml: YamlText;
  reading: Reading;
  /** The server's drawing of the last text that would load, for what cannot be drawn from the text here. */
  outline: Schemas["OutlineResponse"] | null;
  mistakes: readonly Mistake[];
}

const NOTHING: Workflow = { name: "", entry: "", fields: [], nodes: [], ways: [] };

/** The graph of the text, where it is changed by hand; below it what is selected, as a form. */
export function Canvas({ yaml, reading, outline, mistakes }: CanvasProps) {
  const { t } = useTranslation("workflow-editor");
  const [selected, setSelected] = useState<Selection | null>(null);
  const good = useLastGood(reading);
  const elsewhere = reading.kind === "older" || reading.kind === "python";
  const workflow = elsewhere ? NOTHING : good;
  const nodes = elsewhere ? (outline?.nodes ?? []) : workflow.nodes;
  const edges = elsewhere ? (outline?.edges ?? []) : workflow.ways;
  const editable = reading.kind === "graph";
  const present = isPresent(selected, workflow) ? selected : null;
  const select = useMemo(
    () => (selection: Selection | null) => {
      setSelected(selection);
      const path = selection === null ? null : pathOf(selection, workflow);
      const place = path === null ? null : placeOf(yaml.text, path);
      if (place !== null) {
        yaml.reveal(place[0]);
      }
    },
    [workflow, yaml],
  );
  const editing = useGraphEditing(yaml, workflow.ways, setSelected);
  const marks = useMemo(() => nodeMarksOf(workflow, mistakes), [workflow, mistakes]);
  const edgeMarks = useMemo(() => edgeMarksOf(workflow, mistakes), [workflow, mistakes]);
  return (
    <section className={classes.canvas} aria-label={t("canvas.label")}>
      <CanvasBar yaml={yaml} onAdd={editable ? editing.onAdd : null} />
      {!editable && (
        <Alert variant="light" color={elsewhere ? "gray" : "yellow"} p="xs" radius={0} role="status">
          <Text size="sm">{t(`canvas.${reading.kind}`)}</Text>
        </Alert>
      )}
      <div className={classes.graph}>
        <WorkflowGraph
          label={t("canvas.label")}
          nodes={nodes}
          edges={edges}
          marks={marks}
          edgeMarks={edgeMarks}
          selected={present}
          {...(elsewhere ? {} : { onSelect: select })}
          {...(editable ? { editing } : {})}
        />
      </div>
      {present !== null && editable && (
        <Inspector
          text={yaml.text}
          workflow={workflow}
          selected={present}
          editing={editing}
          mistakes={mistakes}
          onSelect={select}
        />
      )}
    </section>
  );
}

/** The graph of the text, or while it cannot be read the one before. */
function useLastGood(reading: Reading): Workflow {
  const now = reading.kind === "graph" ? reading.workflow : null;
  const [last, setLast] = useState(now);
  if (now !== null && now !== last) {
    setLast(now);
  }
  return now ?? last ?? NOTHING;
}

function isPresent(selected: Selection | null, { nodes, ways }: Workflow): boolean {
  return selected?.kind === "node"
    ? nodes.some(({ id }) => id === selected.id)
    : ways[selected?.index ?? -1] !== undefined;
}

function pathOf(selection: Selection, { ways }: Workflow) {
  return selection.kind === "node" ? ["nodes", selection.id] : (ways[selection.index]?.path ?? null);
}
