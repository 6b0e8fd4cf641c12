import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { GraphNode, Selection } from "@/components/graph/types";
import type { Editing } from "../canvas/useGraphEditing";
import { renameNode } from "../document/edits";
import type { Workflow } from "../document/workflow";

const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;

interface NameFieldProps {
  workflow: Workflow;
  node: GraphNode;
  editing: Editing;
  onSelect: (selection: Selection) => void;
}

/** The node's name. It changes, wherever it is named, when the field is left or Enter is pressed. */
export function NameField({ workflow, node, editing, onSelect }: NameFieldProps) {
  const { t } = useTranslation("workflow-editor");
  const [typed, setTyped] = useState<string | null>(null);
  const name = typed ?? node.id;
  const taken = new Set([...workflow.nodes.map(({ id }) => id), ...workflow.fields.map((field) => field.name)]);
  const fault = name === node.id ? null : !NAME.test(name) ? "name" : taken.has(name) ? "taken" : null;
  const commit = () => {
    setTyped(null);
    if (fault === null && name !== node.id) {
      editing.change((text) => renameNode(text, node.id, name));
      onSelect({ kind: "node", id: name });
    }
  };
  return (
    <TextInput
      label={t("form.name")}
      value={name}
      onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !event.nativeEvent.isComposing) {
          commit();
        } else if (event.key === "Escape") {
          setTyped(null);
        }
      }}
      error={fault === null ? undefined : t(`form.fault.${fault}`)}
      miw={120}
    />
  );
}
