import { ActionIcon, Button, Group, Menu, Text, Tooltip } from "@mantine/core";
import { IconArrowBackUp, IconArrowForwardUp, IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { ErrorState } from "@/components/ErrorState";
import { TypeIcon } from "@/components/graph/nodeLooks";
import { type NodeType, useNodeTypes, useTextOf } from "@/components/graph/useNodeTypes";
import classes from "../editor.module.css";
import type { YamlText } from "@/components/editor/useYamlText";

interface CanvasBarProps {
  yaml: YamlText;
  /** Null: the graph cannot be changed now. */
  onAdd: ((type: NodeType) => void) | null;
}

/** Adds nodes, and goes back and forth through what was changed, in the text as on the canvas. */
export function CanvasBar({ yaml, onAdd }: CanvasBarProps) {
  const { t } = useTranslation("workflow-editor");
  const { nodeTypes, error, refetch } = useNodeTypes();
  const textOf = useTextOf();
  return (
    <>
      <div className={classes.bar}>
        <Menu position="bottom-start" width={300}>
          <Menu.Target>
            <Button
              variant="default"
              leftSection={<IconPlus size={14} aria-hidden />}
              disabled={onAdd === null || nodeTypes === undefined}
            >
              {t("canvas.add")}
            </Button>
          </Menu.Target>
          <Menu.Dropdown mah={420} style={{ overflowY: "auto" }}>
            {nodeTypes?.map((nodeType) => (
              <Menu.Item
                key={nodeType.type}
                leftSection={<TypeIcon type={nodeType.type} />}
                onClick={() => onAdd?.(nodeType)}
              >
                <Text size="sm" fw={600}>
                  {nodeType.type}
                </Text>
                <Text size="xs" c="dimmed">
                  {textOf(nodeType.purpose)}
                </Text>
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        <Group gap={2}>
          <Tooltip label={t("canvas.undo")}>
            <ActionIcon aria-label={t("canvas.undo")} onClick={yaml.undo} disabled={!yaml.canUndo}>
              <IconArrowBackUp size={16} aria-hidden />
            </ActionIcon>
          </Tooltip>
          <Tooltip label={t("canvas.redo")}>
            <ActionIcon aria-label={t("canvas.redo")} onClick={yaml.redo} disabled={!yaml.canRedo}>
              <IconArrowForwardUp size={16} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </Group>
      </div>
      {nodeTypes === undefined && error !== null && <ErrorState error={error} retry={refetch} />}
    </>
  );
}
