import { Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { IconGitFork } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { client, invalidate, type Schemas } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import type { Message } from "./ChatStore";

interface EditAndForkProps {
  sessionId: string;
  /** Null: nothing is edited. */
  message: Message | null;
  onClose: () => void;
}

/** Says something else in the place of a message, in a session of its own that begins before it; this one stays. */
export function EditAndFork({ sessionId, message, onClose }: EditAndForkProps) {
  const { t } = useTranslation("session");
  return (
    <Modal
      opened={message !== null}
      onClose={onClose}
      title={t("fork.editTitle")}
      size="lg"
      closeButtonProps={{ "aria-label": t("cancel") }}
    >
      {message !== null && <ForkForm sessionId={sessionId} message={message} onClose={onClose} />}
    </Modal>
  );
}

function ForkForm({ sessionId, message, onClose }: EditAndForkProps & { message: Message }) {
  const { t } = useTranslation("session");
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [text, setText] = useState(message.content);
  const fork = useMutation({
    mutationFn: () => forkWith(sessionId, message, text),
    onSuccess: async (forked) => {
      await invalidate(queries, "/api/sessions/");
      onClose();
      void navigate(`/sessions/${encodeURIComponent(forked)}`);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        fork.mutate();
      }}
    >
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t("fork.editText")}
        </Text>
        <Textarea
          aria-label={t("message.user")}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
          autosize
          minRows={3}
          maxRows={18}
          data-autofocus
        />
        {fork.error !== null && <ErrorState error={fork.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button
            type="submit"
            leftSection={<IconGitFork size={14} aria-hidden />}
            disabled={text.trim() === ""}
            loading={fork.isPending}
          >
            {t("fork.send")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** The id of the new session, in which the run has begun. */
async function forkWith(sessionId: string, message: Message, text: string): Promise<string> {
  const before = message.run_id === null ? undefined : await inputOf(message.run_id);
  const { data: forked } = await client.POST("/api/sessions/{session_id}/fork", {
    params: { path: { session_id: sessionId } },
    body: { before_message_id: message.message_id },
  });
  const session_id = forked?.session_id ?? "";
  await client.POST("/api/sessions/{session_id}/runs", {
    params: { path: { session_id } },
    body: { input: edited(before, message.content, text), mode: "background" } as Schemas["RunCreateRequest"],
  });
  return session_id;
}

async function inputOf(run_id: string): Promise<unknown> {
  const { data } = await client.GET("/api/runs/{run_id}", { params: { path: { run_id } } });
  return data?.input;
}

/** The run's input with the new words in the place of the old ones, so that fields that came with them come again. */
function edited(input: unknown, before: string, after: string): Schemas["RunCreateRequest"]["input"] {
  const fields = typeof input === "object" && input !== null ? Object.entries(input as Record<string, unknown>) : [];
  const values = fields.map(([name, value]) => [name, withWords(value, before, after)] as const);
  const found = values.some(([, value], index) => value !== fields[index]?.[1]);
  return found ? Object.fromEntries(values) : after;
}

/** A list of messages with the first that says this saying that, as another message; anything else as it is. */
function withWords(value: unknown, before: string, after: string): unknown {
  const messages = Array.isArray(value) ? (value as unknown[]) : [];
  const place = messages.findIndex((message) => contentOf(message) === before);
  if (place < 0) {
    return value;
  }
  const message: Record<string, unknown> = { ...(messages[place] as object), content: after };
  delete message.id;
  return messages.with(place, message);
}

function contentOf(message: unknown): unknown {
  return typeof message === "object" && message !== null && "content" in message ? message.content : undefined;
}
