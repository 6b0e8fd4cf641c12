import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ErrorState } from "@/components/ErrorState";
import type { Reading } from "../document/workflow";
import { pathFor } from "./paths";
import type { Saved } from "@/components/editor/useSaveFile";

interface SaveAsProps {
  opened: boolean;
  saved: Saved;
  reading: Reading;
  save: Pick<UseMutationResult<unknown, Error, Saved>, "error" | "isPending" | "reset">;
  onSave: (path: string, etag: string | null) => void;
  onClose: () => void;
}

/** Asks where a new workflow is saved; its name makes the suggestion. */
export function SaveAs({ opened, onClose, save, ...rest }: SaveAsProps) {
  const { t } = useTranslation(["workflow-editor", "components"]);
  const close = () => {
    save.reset();
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title={t("save.as")} closeButtonProps={{ "aria-label": t("cancel") }}>
      <SaveAsForm {...rest} save={save} onClose={close} />
    </Modal>
  );
}

function SaveAsForm({ saved, reading, save, onSave, onClose }: Omit<SaveAsProps, "opened">) {
  const { t } = useTranslation(["workflow-editor", "components"]);
  const named = reading.kind === "graph" ? reading.workflow.name : "";
  const [path, setPath] = useState(named === "" ? saved.path : pathFor(named));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSave(path.trim(), null);
      }}
    >
      <Stack gap="sm">
        <TextInput
          label={t("save.file")}
          description={t("save.fileHint")}
          value={path}
          onChange={({ currentTarget }) => setPath(currentTarget.value)}
          data-autofocus
        />
        {save.error !== null && <ErrorState error={save.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button type="submit" disabled={path.trim() === ""} loading={save.isPending}>
            {t("components:editor.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
