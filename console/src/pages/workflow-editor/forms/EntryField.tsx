import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Editing } from "../canvas/useGraphEditing";
import { connect } from "../document/edits";
import { namesOf, START, type Workflow } from "../document/workflow";

/** The node with which a run begins. */
export function EntryField({ workflow, editing }: { workflow: Workflow; editing: Editing }) {
  const { t } = useTranslation("workflow-editor");
  return (
    <Select
      label={t("form.entry")}
      data={namesOf(workflow)}
      value={workflow.entry}
      onChange={(name) => name !== null && editing.change((text) => connect(text, START, name))}
      searchable
      allowDeselect={false}
    />
  );
}
