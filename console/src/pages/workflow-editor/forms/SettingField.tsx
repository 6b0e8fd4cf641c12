import { Autocomplete, Select, Switch, TagsInput, Text, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { GraphNode } from "@/components/graph/types";
import { type Setting, useTextOf } from "@/components/graph/useNodeTypes";
import type { Editing } from "../canvas/useGraphEditing";
import type { Workflow } from "../document/workflow";
import classes from "../editor.module.css";
import { asNumber, asText, asTexts, fits } from "./settingValues";
import { PairsField } from "./PairsField";
import { useNames } from "./useNames";
import { useTyped } from "./useTyped";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

interface SettingFieldProps {
  setting: Setting;
  node: GraphNode;
  workflow: Workflow;
  editing: Editing;
  /** Undefined: it is left out. */
  onChange: (value: unknown) => void;
}

/** The field of one setting. What is written in a shape that no field has is left to the YAML. */
export function SettingField(props: SettingFieldProps) {
  const { t } = useTranslation("workflow-editor");
  const textOf = useTextOf();
  const { setting, node } = props;
  const { key, kind } = setting;
  const label = textOf(setting.label);
  if (!fits(kind, node.config[key])) {
    return (
      <div>
        <Text size="xs" fw={500}>
          {label}
        </Text>
        <Text size="xs" c="dimmed">
          {t("setting.inYaml")}
        </Text>
      </div>
    );
  }
  switch (kind) {
    case "pairs":
      return <PairsField {...props} label={label} />;
    case "model":
    case "tool":
    case "method":
      return <ChoiceField {...props} label={label} />;
    case "tools":
    case "list":
      return <ListField {...props} label={label} />;
    case "switch":
      return (
        <Switch
          size="xs"
          mt={22}
          label={label}
          checked={node.config[key] === true}
          onChange={({ currentTarget }) => props.onChange(currentTarget.checked ? true : undefined)}
        />
      );
    default:
      return <WordsField {...props} label={label} />;
  }
}

type LabelledProps = SettingFieldProps & { label: string };

function WordsField({ setting: { key, kind }, node, workflow, label, onChange }: LabelledProps) {
  const typed = useTyped(asText(node.config[key]), (text) =>
    onChange(text === "" ? undefined : kind === "number" ? asNumber(text) : text),
  );
  const field = { label, value: typed.value, onBlur: typed.onBlur };
  if (kind === "template") {
    return (
      <Textarea
        {...field}
        size="xs"
        className={classes.wide}
        onChange={({ currentTarget }) => typed.change(currentTarget.value)}
        autosize
        minRows={1}
        maxRows={10}
      />
    );
  }
  if (kind === "field") {
    return (
      <Autocomplete
        {...field}
        size="xs"
        onChange={typed.change}
        data={workflow.fields.map(({ name }) => name)}
        comboboxProps={{ shadow: "md" }}
      />
    );
  }
  return (
    <TextInput
      {...field}
      {...(kind === "number" ? { inputMode: "decimal" as const } : {})}
      onChange={({ currentTarget }) => typed.change(currentTarget.value)}
    />
  );
}

function ChoiceField({ setting: { key, kind }, node, label, onChange }: LabelledProps) {
  const names = useNames(kind);
  const value = asText(node.config[key]);
  const known = kind === "method" ? METHODS : names;
  return (
    <Select
      label={label}
      data={known.includes(value) || value === "" ? known : [value, ...known]}
      value={value === "" ? null : value}
      onChange={(chosen) => onChange(chosen ?? undefined)}
      searchable
      clearable
    />
  );
}

function ListField({ setting: { key, kind }, node, label, onChange }: LabelledProps) {
  const names = useNames(kind);
  return (
    <TagsInput
      size="xs"
      label={label}
      data={names}
      value={asTexts(node.config[key])}
      onChange={(chosen) => onChange(chosen.length === 0 ? undefined : chosen)}
      comboboxProps={{ shadow: "md" }}
    />
  );
}
