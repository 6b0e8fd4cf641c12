import { Button, Group, JsonInput, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, invalidate, type Schemas } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { useNotify } from "@/hooks/useNotify";
import type { Checkpoint } from "../useCheckpoints";
import { changedIn } from "./changedIn";

interface EditStateProps {
  session: Schemas["SessionResponse"];
  checkpoint: Checkpoint;
  onClose: () => void;
}

/** The state at a checkpoint as JSON, to be changed. What the server refuses stands above, and the text stays. */
export function EditState({ session, checkpoint, onClose }: EditStateProps) {
  const { t } = useTranslation("session");
  const path = { session_id: session.session_id, checkpoint_id: checkpoint.checkpoint_id };
  const { data, error } = api.useQuery("get", "/api/sessions/{session_id}/checkpoints/{checkpoint_id}", {
    params: { path },
  });
  return (
    <Modal opened onClose={onClose} size="xl" title={t("edit.title")} closeButtonProps={{ "aria-label": t("cancel") }}>
      {data !== undefined ? (
        <EditForm session={session} state={data} onClose={onClose} />
      ) : error === null ? (
        <Loading />
      ) : (
        <ErrorState error={error} />
      )}
    </Modal>
  );
}

interface EditFormProps {
  session: Schemas["SessionResponse"];
  state: Schemas["CheckpointStateResponse"];
  onClose: () => void;
}

function EditForm({ session, state, onClose }: EditFormProps) {
  const { t } = useTranslation("session");
  const queries = useQueryClient();
  const notify = useNotify();
  const [text, setText] = useState(() => JSON.stringify(state.values, null, 2));
  const [asNode, setAsNode] = useState("");
  const path = { session_id: session.session_id };
  const run = api.useMutation("post", "/api/sessions/{session_id}/runs", { onError: notify.failed });
  const edit = api.useMutation("patch", "/api/sessions/{session_id}/state");
  const { values, fault } = changedIn(text, state.values);
  const submit = (goOn: boolean) => {
    const body = {
      checkpoint_id: state.checkpoint_id,
      values: values ?? {},
      ...(asNode === "" ? {} : { as_node: asNode }),
    };
    edit.mutate(
      { params: { path }, body },
      {
        onSuccess: () => {
          void invalidate(queries, "/api/sessions/{session_id}/checkpoints", "/api/sessions/{session_id}");
          notify.done(t("edit.done"));
          if (goOn) {
            run.mutate({ params: { path }, body: { mode: "background" } as Schemas["RunCreateRequest"] });
          }
          onClose();
        },
      },
    );
  };
  const isReady = fault === null && Object.keys(values ?? {}).length > 0;
  return (
    <Stack gap="sm">
      <Text size="sm">{t("edit.text")}</Text>
      {edit.error !== null && <ErrorState error={edit.error} />}
      <JsonInput
        label={t("edit.values")}
        value={text}
        onChange={setText}
        error={fault === null ? undefined : t(`composer.fault.${fault}`)}
        autosize
        minRows={8}
        maxRows={22}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      />
      <TextInput
        label={t("edit.asNode")}
        description={t("edit.asNodeText")}
        placeholder={state.node ?? ""}
        value={asNode}
        onChange={({ currentTarget }) => setAsNode(currentTarget.value.trim())}
      />
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button variant="default" disabled={!isReady} loading={edit.isPending} onClick={() => submit(false)}>
          {t("edit.save")}
        </Button>
        <Button disabled={!isReady} loading={edit.isPending} onClick={() => submit(true)}>
          {t("edit.saveAndRun")}
        </Button>
      </Group>
    </Stack>
  );
}
