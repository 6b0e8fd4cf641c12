import { Button, Group, Modal, SimpleGrid, Stack, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { Duration, Money, Tokens } from "@/components/Figures";
import { Tile } from "@/components/Tile";
import classes from "./ModelTest.module.css";
import { useModelTest } from "./useModelTest";

const PROMPT_LENGTH = 2000;

interface ModelTestProps {
  model: Schemas["ConfiguredModelResponse"];
  onClose: () => void;
}

/** Asks a model once, and shows its answer with what it took, or why there is none. */
export function ModelTest({ model, onClose }: ModelTestProps) {
  const { t } = useTranslation("config");
  const [prompt, setPrompt] = useState(t("models.prompt"));
  const { mutate, cancel, data, error, isPending } = useModelTest(model.name);
  return (
    <Modal opened onClose={onClose} title={t("models.testOne", { name: model.name })} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          mutate(prompt.trim());
        }}
      >
        <Stack gap="sm">
          <Text size="xs" c="dimmed">
            {t("models.testHint")}
          </Text>
          <Textarea
            label={t("models.question")}
            size="xs"
            autosize
            minRows={2}
            maxRows={8}
            maxLength={PROMPT_LENGTH}
            value={prompt}
            onChange={({ currentTarget }) => setPrompt(currentTarget.value)}
          />
          <Group justify="flex-end" gap="xs">
            {isPending && (
              <Button variant="default" onClick={cancel}>
                {t("cancel")}
              </Button>
            )}
            <Button type="submit" loading={isPending} disabled={prompt.trim() === ""} data-autofocus>
              {t("models.ask")}
            </Button>
          </Group>
          <div role="status">{data !== undefined && <Answer answer={data} />}</div>
          {error !== null && <ErrorState error={error} />}
        </Stack>
      </form>
    </Modal>
  );
}

function Answer({ answer }: { answer: Schemas["ModelTestResponse"] }) {
  const { t } = useTranslation("config");
  return (
    <Stack gap="sm">
      <div className={classes.answer}>{answer.text === "" ? t("models.silent") : answer.text}</div>
      <SimpleGrid cols={{ base: 2, xs: 4 }} spacing="xs">
        <Tile label={t("models.latency")}>
          <Duration ms={answer.latency_ms} />
        </Tile>
        <Tile label={t("models.firstToken")}>
          <Duration ms={answer.time_to_first_token_ms} />
        </Tile>
        <Tile label={t("models.tokens")} note={answer.estimated && t("models.estimated")}>
          <span>
            <Tokens count={answer.prompt_tokens} /> → <Tokens count={answer.completion_tokens} />
          </span>
        </Tile>
        <Tile label={t("models.cost")} note={answer.cost === null && t("prices.unknown")}>
          <Money amount={answer.cost} currency={answer.currency} />
        </Tile>
      </SimpleGrid>
    </Stack>
  );
}
