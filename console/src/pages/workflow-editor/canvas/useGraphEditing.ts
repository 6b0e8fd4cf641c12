import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { GraphEditing, Selection } from "@/components/graph/types";
import type { NodeType } from "@/components/graph/useNodeTypes";
import { useNotify } from "@/hooks/useNotify";
import { addNode, connect, deleteNode, disconnect, reconnect } from "../document/edits";
import { CannotEdit } from "../document/source";
import type { Way } from "../document/workflow";
import type { YamlText } from "@/components/editor/useYamlText";

export interface Editing extends GraphEditing {
  /** Any change of the text. `typed`: one of many while somebody types. */
  change: (edit: (text: string) => string, options?: { typed?: boolean }) => void;
  onAdd: (type: NodeType) => void;
}

/** What can be done to the graph, each as a step of the text's history. */
export function useGraphEditing(
  { text, write }: YamlText,
  ways: readonly Way[],
  onSelect: (selection: Selection | null) => void,
): Editing {
  const { t } = useTranslation("workflow-editor");
  const { failed } = useNotify();
  return useMemo(() => {
    const change: Editing["change"] = (edit, options) => {
      try {
        write(edit(text), options);
      } catch (error) {
        failed(error instanceof CannotEdit ? new Error(t("cannotEdit", { place: error.message })) : error);
      }
    };
    const withWay = (index: number, edit: (text: string, way: Way) => string) => {
      const way = ways[index];
      if (way !== undefined) {
        change((before) => edit(before, way));
      }
    };
    return {
      change,
      onAdd: ({ type, starts_with }) =>
        change((before) => {
          const added = addNode(before, type, starts_with);
          onSelect({ kind: "node", id: added.name });
          return added.text;
        }),
      onConnect: (from, to) => change((before) => connect(before, from, to)),
      onReconnect: (index, to) => withWay(index, (before, way) => reconnect(before, way, to)),
      onDelete: (selection) => {
        if (selection.kind === "edge") {
          withWay(selection.index, disconnect);
        } else if (selection.id !== "START" && selection.id !== "END") {
          change((before) => deleteNode(before, selection.id));
        }
        onSelect(null);
      },
    };
  }, [text, write, ways, onSelect, failed, t]);
}
