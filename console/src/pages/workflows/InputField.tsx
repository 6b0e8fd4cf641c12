import { Textarea } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { AnswerField } from "@/components/questions/AnswerField";
import { schemaOf, type StateField } from "./inputFields";

interface InputFieldProps {
  field: StateField;
  /** A text that is written here becomes a message. */
  isMessage: boolean;
  error: string | undefined;
  /** undefined: not filled in. */
  value: unknown;
  onChange: (value: unknown) => void;
}

/** The field for one part of the state. */
export function InputField({ field, isMessage, error, value, onChange }: InputFieldProps) {
  const { t } = useTranslation("workflows");
  const { name, description, required, has_default, default: beginning } = field;
  if (isMessage && (value === undefined || typeof value === "string")) {
    return (
      <Textarea
        size="xs"
        label={name}
        description={description === "" ? t("run.message") : description}
        required={required}
        error={error}
        value={value ?? ""}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
        autosize
        minRows={3}
        maxRows={14}
        data-autofocus
      />
    );
  }
  return (
    <AnswerField
      schema={schemaOf(field)}
      label={name}
      description={description === "" ? undefined : description}
      required={required}
      error={error}
      value={value === undefined && has_default && beginning !== null ? beginning : value}
      onChange={onChange}
    />
  );
}
