import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, invalidate, type Schemas } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { useNotify } from "@/hooks/useNotify";
import type { Checkpoint } from "../useCheckpoints";

export interface Ask {
  what: "save" | "fork" | "restore";
  /** Undefined: the present state. */
  checkpoint: Checkpoint | undefined;
}

const LONGEST = 500;

/** Asks before a state is named, forked from, or gone back to; for the first two it takes a name. */
export function PlaceDialog({
  session,
  ask: { what, checkpoint },
  onClose,
}: {
  session: Schemas["SessionResponse"];
  ask: Ask;
  onClose: () => void;
}) {
  const { t } = useTranslation("session");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const notify = useNotify();
  const [label, setLabel] = useState("");
  const params = { path: { session_id: session.session_id } };
  const place = checkpoint === undefined ? {} : { checkpoint_id: checkpoint.checkpoint_id };
  const named = label.trim() === "" ? {} : { label: label.trim() };
  const done = () => {
    void invalidate(
      queries,
      "/api/sessions/{session_id}/checkpoints",
      "/api/sessions/{session_id}/state",
      "/api/sessions/{session_id}",
      "/api/sessions/",
    );
    notify.done(t(`place.${what}.done`));
    onClose();
  };
  const save = api.useMutation("post", "/api/sessions/{session_id}/save", { onSuccess: done });
  const restore = api.useMutation("post", "/api/sessions/{session_id}/restore", { onSuccess: done });
  const fork = api.useMutation("post", "/api/sessions/{session_id}/fork", {
    onSuccess: ({ session_id }) => {
      done();
      void navigate(`/sessions/${encodeURIComponent(session_id)}`);
    },
  });
  const { isPending, error } = { save, restore, fork }[what];
  const submit = () => {
    if (what === "save") {
      save.mutate({ params, body: { ...named, ...place } });
    } else if (what === "fork") {
      fork.mutate({ params, body: { ...named, ...place } });
    } else {
      restore.mutate({ params, body: place });
    }
  };
  return (
    <Modal opened onClose={onClose} title={t(`place.${what}.title`)} closeButtonProps={{ "aria-label": t("cancel") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Stack gap="md">
          <Text size="sm">{t(`place.${what}.text`)}</Text>
          {what !== "restore" && (
            <TextInput
              label={t(`place.${what}.label`)}
              value={label}
              maxLength={LONGEST}
              onChange={({ currentTarget }) => setLabel(currentTarget.value)}
              data-autofocus
            />
          )}
          {error !== null && <ErrorState error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t("cancel")}
            </Button>
            <Button type="submit" loading={isPending}>
              {t(`place.${what}.confirm`)}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
