import { ActionIcon, Button, Group, Input, Stack, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { GraphNode } from "@/components/graph/types";
import type { Setting } from "@/components/graph/useNodeTypes";
import type { Editing } from "../canvas/useGraphEditing";
import { deleteIn, setIn } from "../document/source";
import classes from "../editor.module.css";
import { pairsOf } from "./settingValues";
import { useTyped } from "./useTyped";

interface PairsFieldProps {
  setting: Setting;
  node: GraphNode;
  editing: Editing;
  label: string;
}

/** A mapping of names to texts: arguments, headers, the fields that a transform sets. */
export function PairsField({ setting: { key }, node, editing, label }: PairsFieldProps) {
  const { t } = useTranslation("workflow-editor");
  const [name, setName] = useState("");
  const path = ["nodes", node.id, key];
  const pairs = pairsOf(node.config[key]);
  const free = name.trim() !== "" && !pairs.some(([known]) => known === name.trim());
  const add = () => {
    if (free) {
      editing.change((text) => setIn(text, [...path, name.trim()], ""));
      setName("");
    }
  };
  return (
    <Input.Wrapper label={label} size="xs" className={classes.wide} labelElement="div">
      <Stack gap={4}>
        {pairs.map(([known, value]) => (
          <PairRow
            key={known}
            name={known}
            value={value}
            onChange={(typed) => editing.change((text) => setIn(text, [...path, known], typed), { typed: true })}
            onDelete={() => editing.change((text) => deleteIn(text, [...path, known]))}
          />
        ))}
        <Group gap={6} wrap="nowrap">
          <TextInput
            aria-label={t("pairs.name", { label })}
            placeholder={t("pairs.name", { label })}
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && !event.nativeEvent.isComposing && add()}
            w={150}
          />
          <Button variant="default" leftSection={<IconPlus size={13} aria-hidden />} onClick={add} disabled={!free}>
            {t("pairs.add")}
          </Button>
        </Group>
      </Stack>
    </Input.Wrapper>
  );
}

interface PairRowProps {
  name: string;
  value: string;
  onChange: (typed: string) => void;
  onDelete: () => void;
}

function PairRow({ name, value, onChange, onDelete }: PairRowProps) {
  const { t } = useTranslation("workflow-editor");
  const typed = useTyped(value, onChange);
  return (
    <Group gap={6} wrap="nowrap">
      <Input.Label size="xs" w={150} labelElement="div" className="truncate mono">
        {name}
      </Input.Label>
      <TextInput
        aria-label={name}
        value={typed.value}
        onChange={({ currentTarget }) => typed.change(currentTarget.value)}
        onBlur={typed.onBlur}
        flex={1}
      />
      <ActionIcon aria-label={t("pairs.delete", { name })} onClick={onDelete}>
        <IconTrash size={15} aria-hidden />
      </ActionIcon>
    </Group>
  );
}
