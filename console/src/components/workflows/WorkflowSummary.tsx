import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { WorkflowFile } from "./useWorkflowFiles";
import classes from "./WorkflowSummary.module.css";

/** What a person chooses a workflow by: its name, what it does, its file and size, or why it cannot be loaded. */
export function WorkflowSummary({ file }: { file: WorkflowFile }) {
  const { t } = useTranslation("components");
  const { name, path, description, node_count, detail } = file;
  const facts = [
    ...(name === null ? [] : [path]),
    ...(node_count === null ? [] : [t("workflowFile.nodes", { count: node_count })]),
  ];
  return (
    <span className={classes.summary}>
      <Text span fw={600} size="sm" className="break">
        {name ?? path}
      </Text>
      {description !== "" && (
        <Text span size="xs" c="dimmed" className="break">
          {description}
        </Text>
      )}
      {detail !== null && (
        <Text span size="xs" c="var(--flowdeck-bad)" className="break">
          {detail}
        </Text>
      )}
      {facts.length > 0 && (
        <Text span size="xs" c="dimmed" className={classes.facts}>
          {facts.join(" · ")}
        </Text>
      )}
    </span>
  );
}
