import {
  Checkbox,
  Fieldset,
  Group,
  Input,
  JsonInput,
  NumberInput,
  Radio,
  Select,
  Stack,
  TagsInput,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { kindOf, labelOf, type Schema } from "./answers";

const RADIOS = 6; // more choices than these are a list to choose from
const ONE_LINE = new Map([
  ["date", "date"],
  ["date-time", "datetime-local"],
  ["email", "email"],
  ["uri", "url"],
  ["time", "time"],
]);

interface AnswerFieldProps {
  schema: Schema | null;
  label: string;
  description?: string | undefined;
  required?: boolean;
  /** Why what is filled in was refused. */
  error?: string | undefined;
  /** undefined: not filled in. */
  value: unknown;
  onChange: (value: unknown) => void;
}

/** The field for what a JSON schema asks for: an object is a group of fields, what nothing else fits is JSON. */
export function AnswerField(props: AnswerFieldProps) {
  const { schema, label, description = schema?.description, required = false, error, value, onChange } = props;
  const { t } = useTranslation("components");
  const shared = { label, description, required, error, size: "xs" } as const;
  switch (kindOf(schema)) {
    case "boolean":
      return (
        <ChoiceField
          {...props}
          choices={[true, false]}
          labels={[t("question.yes"), t("question.no")]}
          description={description}
        />
      );
    case "choice":
      return <ChoiceField {...props} choices={schema?.enum ?? []} description={description} />;
    case "text":
      return <TextField {...props} description={description} />;
    case "integer":
    case "number":
      return (
        <NumberInput
          {...shared}
          value={typeof value === "number" ? value : ""}
          onChange={(typed) => onChange(typeof typed === "number" ? typed : undefined)}
          allowDecimal={schema?.type === "number"}
          {...(schema?.minimum === undefined ? {} : { min: schema.minimum })}
          {...(schema?.maximum === undefined ? {} : { max: schema.maximum })}
          clampBehavior="none"
          maw={220}
        />
      );
    case "several": {
      const choices = schema?.items?.enum ?? [];
      const chosen = Array.isArray(value) ? value.map(labelOf) : [];
      return (
        <Checkbox.Group
          {...shared}
          value={chosen}
          onChange={(labels) => onChange(choices.filter((choice) => labels.includes(labelOf(choice))))}
        >
          <Group gap="sm" mt={4}>
            {choices.map((choice) => (
              <Checkbox key={labelOf(choice)} size="xs" value={labelOf(choice)} label={labelOf(choice)} />
            ))}
          </Group>
        </Checkbox.Group>
      );
    }
    case "texts":
      return (
        <TagsInput
          {...shared}
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={onChange}
          placeholder={t("question.tags")}
        />
      );
    case "object":
      return <ObjectField {...props} description={description} />;
    case "json":
      return <JsonField {...props} description={description} />;
  }
}

function ChoiceField({
  label,
  description,
  required = false,
  error,
  value,
  onChange,
  choices,
  labels = choices.map(labelOf),
}: AnswerFieldProps & { choices: readonly unknown[]; labels?: readonly string[] }) {
  const shared = { label, description, required, error, size: "xs" } as const;
  const place = choices.findIndex((choice) => JSON.stringify(choice) === JSON.stringify(value));
  const options = labels.map((text, index) => ({ value: String(index), label: text }));
  const choose = (index: string | null) => onChange(index === null ? undefined : choices[Number(index)]);
  if (choices.length > RADIOS) {
    return (
      <Select
        {...shared}
        data={options}
        value={place < 0 ? null : String(place)}
        onChange={choose}
        searchable
        maw={320}
      />
    );
  }
  return (
    <Radio.Group {...shared} value={place < 0 ? null : String(place)} onChange={choose}>
      <Group gap="md" mt={4}>
        {options.map((option) => (
          <Radio key={option.value} size="xs" {...option} />
        ))}
      </Group>
    </Radio.Group>
  );
}

function TextField({ schema, label, description, required = false, error, value, onChange }: AnswerFieldProps) {
  const shared = {
    label,
    description,
    required,
    error,
    value: typeof value === "string" ? value : "",
    size: "xs",
    ...(schema?.maxLength === undefined ? {} : { maxLength: schema.maxLength }),
  } as const;
  const type = ONE_LINE.get(schema?.format ?? "");
  if (type !== undefined) {
    const write = (typed: string) => onChange(type === "datetime-local" && typed !== "" ? momentOf(typed) : typed);
    const shown = type === "datetime-local" ? localOf(shared.value) : shared.value;
    return (
      <TextInput
        {...shared}
        type={type}
        value={shown}
        onChange={({ currentTarget }) => write(currentTarget.value)}
        maw={320}
      />
    );
  }
  return (
    <Textarea
      {...shared}
      autosize
      minRows={1}
      maxRows={10}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  );
}

/** A browser's field has local time without a zone; the schema's has one. */
function momentOf(local: string): string {
  return new Date(local).toISOString();
}

function localOf(moment: string): string {
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) {
    return "";
  }
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function ObjectField({ schema, label, description, error, value, onChange }: AnswerFieldProps) {
  const values = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  return (
    <Fieldset legend={label} p="sm">
      <Stack gap="sm">
        {description !== undefined && <span>{description}</span>}
        {Object.entries(schema?.properties ?? {}).map(([name, part]) => (
          <AnswerField
            key={name}
            schema={part}
            label={part.title ?? name}
            required={schema?.required?.includes(name) ?? false}
            value={values[name]}
            onChange={(changed) => onChange({ ...values, [name]: changed })}
          />
        ))}
        {error !== undefined && <Input.Error>{error}</Input.Error>}
      </Stack>
    </Fieldset>
  );
}

/** What a value that is written as JSON has to be. */
function jsonKindOf(schema: Schema | null): "list" | "object" | "any" {
  return schema?.type === "array" ? "list" : schema?.type === "object" ? "object" : "any";
}

function JsonField({ schema, label, description, required = false, error, value, onChange }: AnswerFieldProps) {
  const { t } = useTranslation("components");
  const [typed, setTyped] = useState(value === undefined ? "" : JSON.stringify(value, null, 2));
  return (
    <JsonInput
      label={label}
      description={description ?? t(`question.jsonHint.${jsonKindOf(schema)}`)}
      required={required}
      error={error}
      size="xs"
      value={typed}
      validationError={t("question.jsonInvalid")}
      autosize
      minRows={2}
      maxRows={14}
      onChange={(text) => {
        setTyped(text);
        onChange(parsed(text));
      }}
    />
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
