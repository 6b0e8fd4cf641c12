import { Button, Group, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { GraphNode } from "@/components/graph/types";
import type { Editing } from "../canvas/useGraphEditing";
import { setSource, sourceAt } from "../document/source";

/** All of a node as it is written, for what has no field of its own. */
export function NodeYaml({ text, node, editing }: { text: string; node: GraphNode; editing: Editing }) {
  const { t } = useTranslation("workflow-editor");
  const path = ["nodes", node.id];
  const written = sourceAt(text, path) ?? "";
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <div>
      <Textarea
        size="xs"
        label={t("form.yaml")}
        description={t("form.yamlHint")}
        value={typed ?? written}
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        autosize
        minRows={2}
        maxRows={14}
      />
      {typed !== null && typed !== written && (
        <Group gap="xs" justify="flex-end" mt={6}>
          <Button variant="default" onClick={() => setTyped(null)}>
            {t("cancel")}
          </Button>
          <Button
            onClick={() => {
              editing.change((before) => setSource(before, path, typed));
              setTyped(null);
            }}
          >
            {t("form.apply")}
          </Button>
        </Group>
      )}
    </div>
  );
}
