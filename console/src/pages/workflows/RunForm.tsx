import { Button, Collapse, Group, Stack, Text } from "@mantine/core";
import { IconBulb, IconChevronDown, IconChevronRight, IconPlayerPlay } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ErrorState } from "@/components/ErrorState";
import { Markdown } from "@/components/Markdown";
import { InputField } from "./InputField";
import { arranged, exampleOf, inputFrom, type Inputs, refusalOf, type StateField, type Values } from "./inputFields";
import { useStartRun } from "./useStartRun";

interface RunFormProps {
  workflowId: string;
  inputs: Inputs;
  onClose: () => void;
}

/** A field for each part of the state. What is left as it is begins with its default. */
export function RunForm({ workflowId, inputs, onClose }: RunFormProps) {
  const { t } = useTranslation("workflows");
  const [values, setValues] = useState<Values>({});
  const [filled, setFilled] = useState(0); // how often the example was taken, which begins its fields anew
  const [opened, setOpened] = useState(false);
  const run = useStartRun(workflowId);
  const { first, more } = arranged(inputs);
  const example = exampleOf(inputs);
  const { byField, other } = refusalOf(run.error, inputs.state);
  const showsMore = opened || more.some(({ name }) => byField.has(name));
  const fieldsFor = (fields: readonly StateField[]) =>
    fields.map((field) => (
      <InputField
        key={`${field.name}:${filled}`}
        field={field}
        isMessage={field.name === inputs.messages_field}
        error={byField.get(field.name)}
        value={values[field.name]}
        onChange={(value) => setValues((before) => ({ ...before, [field.name]: value }))}
      />
    ));
  return (
    <form
      noValidate // the server says what does not fit, at its field
      onSubmit={(event) => {
        event.preventDefault();
        run.mutate(inputFrom(values, inputs));
      }}
    >
      <Stack gap="md">
        {inputs.description !== "" && <Markdown text={inputs.description} />}
        {example !== null && (
          <div>
            <Button
              variant="default"
              size="compact-xs"
              leftSection={<IconBulb size={14} aria-hidden />}
              onClick={() => {
                setValues(example);
                setFilled(filled + 1);
              }}
            >
              {t("run.example")}
            </Button>
          </div>
        )}
        {fieldsFor(first)}
        {more.length > 0 && (
          <div>
            <Button
              variant="subtle"
              color="gray"
              size="compact-xs"
              aria-expanded={showsMore}
              leftSection={
                showsMore ? <IconChevronDown size={14} aria-hidden /> : <IconChevronRight size={14} aria-hidden />
              }
              onClick={() => setOpened(!showsMore)}
            >
              {t("run.more", { count: more.length })}
            </Button>
            <Collapse expanded={showsMore}>
              <Stack gap="md" pt="sm">
                {fieldsFor(more)}
              </Stack>
            </Collapse>
          </div>
        )}
        {other !== null && <ErrorState error={other} />}
        {byField.size > 0 && (
          <Text size="sm" c="var(--flowdeck-bad)" role="alert">
            {t("run.refused", { count: byField.size })}
          </Text>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button type="submit" loading={run.isPending} leftSection={<IconPlayerPlay size={14} aria-hidden />}>
            {t("run.start")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
