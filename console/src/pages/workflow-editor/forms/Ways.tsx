import { Select, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { GraphNode } from "@/components/graph/types";
import type { Editing } from "../canvas/useGraphEditing";
import { END, namesOf, type Workflow } from "../document/workflow";
import type { Mistake } from "@/components/editor/diagnostics";
import { WayRow } from "./WayRow";

interface WaysProps {
  node: GraphNode;
  workflow: Workflow;
  editing: Editing;
  mistakes: readonly Mistake[];
}

/** Where a node leads, in the order in which it is tried; another way is added by choosing where it goes. */
export function Ways({ node, workflow, editing, mistakes }: WaysProps) {
  const { t } = useTranslation("workflow-editor");
  const ways = workflow.ways.filter(({ from }) => from === node.id);
  return (
    <Stack gap={6} component="section" aria-label={t("way.label")}>
      <Text size="xs" fw={600}>
        {t("way.label")}
      </Text>
      {ways.map((way) => (
        <WayRow key={way.path.join()} way={way} workflow={workflow} editing={editing} mistakes={mistakes} />
      ))}
      <Select
        aria-label={t("way.add")}
        placeholder={t("way.add")}
        data={[...namesOf(workflow), END]}
        value={null}
        onChange={(to) => to !== null && editing.onConnect(node.id, to)}
        searchable
        maw={260}
      />
    </Stack>
  );
}
