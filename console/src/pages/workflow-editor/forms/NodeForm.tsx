import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconPlayerSkipForward, IconTrash } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { TypeIcon } from "@/components/graph/nodeLooks";
import type { GraphNode } from "@/components/graph/types";
import { useNodeType } from "@/components/graph/useNodeTypes";
import { mistakesOf } from "../canvas/marks";
import { connect, setSetting } from "../document/edits";
import { START } from "../document/workflow";
import classes from "../editor.module.css";
import { messageOf } from "@/components/editor/diagnostics";
import type { InspectorProps } from "./Inspector";
import { NameField } from "./NameField";
import { NodeYaml } from "./NodeYaml";
import { SettingField } from "./SettingField";
import { useTyped } from "./useTyped";
import { Ways } from "./Ways";

type NodeFormProps = InspectorProps & { node: GraphNode; close: ReactNode };

/** A node's name, its settings, where it goes, and all of it as YAML for what has no field. */
export function NodeForm({ text, workflow, node, editing, mistakes, onSelect, close }: NodeFormProps) {
  const { t } = useTranslation("workflow-editor");
  const settings = useNodeType(node.type)?.settings ?? [];
  const set = (key: string, value: unknown) =>
    editing.change((before) => setSetting(before, node.id, key, value), { typed: true });
  const description = useTyped(node.description ?? "", (typed) => set("description", typed === "" ? undefined : typed));
  return (
    <Stack gap="xs">
      <Group justify="space-between" align="flex-end" gap="xs">
        <NameField workflow={workflow} node={node} editing={editing} onSelect={onSelect} />
        <Group gap={4} wrap="nowrap">
          <Group gap={4} wrap="nowrap" mr={4}>
            <TypeIcon type={node.type} size={15} />
            <Text size="xs" c="dimmed">
              {node.type}
            </Text>
          </Group>
          {workflow.entry !== node.id && (
            <Button
              variant="default"
              leftSection={<IconPlayerSkipForward size={14} aria-hidden />}
              onClick={() => editing.change((before) => connect(before, START, node.id))}
            >
              {t("form.beginHere")}
            </Button>
          )}
          <Button
            variant="default"
            leftSection={<IconTrash size={14} aria-hidden />}
            onClick={() => editing.onDelete({ kind: "node", id: node.id })}
          >
            {t("form.delete")}
          </Button>
          {close}
        </Group>
      </Group>
      {mistakesOf(["nodes", node.id], mistakes).map((mistake) => (
        <Text key={messageOf(mistake)} size="xs" c="var(--flowdeck-bad)" className="break">
          {messageOf(mistake)}
        </Text>
      ))}
      <div className={classes.settings}>
        {settings.map((setting) => (
          <SettingField
            key={setting.key}
            setting={setting}
            node={node}
            workflow={workflow}
            editing={editing}
            onChange={(value) => set(setting.key, value)}
          />
        ))}
      </div>
      <Ways node={node} workflow={workflow} editing={editing} mistakes={mistakes} />
      <TextInput
        label={t("setting.description")}
        value={description.value}
        onChange={({ currentTarget }) => description.change(currentTarget.value)}
        onBlur={description.onBlur}
      />
      <NodeYaml text={text} node={node} editing={editing} />
    </Stack>
  );
}
