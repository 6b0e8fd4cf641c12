import { Button, FileButton, Group, Modal, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { useNotify } from "@/hooks/useNotify";
import { ImportChecks } from "./ImportChecks";

async function send(archive: File, dryRun: boolean) {
  const { data } = await client.POST("/api/config/import", {
    params: { query: { dry_run: dryRun } },
    body: "",
    bodySerializer: () => archive,
    headers: { "Content-Type": "application/zip" },
  });
  return data;
}

/** Brings an archive in: first what that would change, file by file, then all of it or nothing. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("config");
  const queries = useQueryClient();
  const notify = useNotify();
  const [archive, setArchive] = useState<File | null>(null);
  const tried = useMutation({ mutationFn: (file: File) => send(file, true) });
  const done = useMutation({
    mutationFn: (file: File) => send(file, false),
    onSuccess: (answer) => {
      notify.done(t("archive.done", { count: answer?.files.length ?? 0 }));
      onClose();
      return queries.invalidateQueries();
    },
  });
  const choose = (file: File | null) => {
    setArchive(file);
    done.reset();
    if (file !== null) {
      tried.mutate(file);
    }
  };
  const failure = tried.error ?? done.error;
  return (
    <Modal opened onClose={onClose} title={t("archive.import")} size="lg" closeOnClickOutside={!done.isPending}>
      <Stack gap="sm">
        <Text size="sm">{t("archive.hint")}</Text>
        <Group gap="xs">
          <FileButton accept=".zip,application/zip" onChange={choose}>
            {(props) => (
              <Button {...props} variant="default" loading={tried.isPending}>
                {t("archive.choose")}
              </Button>
            )}
          </FileButton>
          {archive !== null && (
            <Text size="sm" className="break">
              {archive.name}
            </Text>
          )}
        </Group>
        {failure !== null && <ErrorState error={failure} />}
        {tried.data !== undefined && <ImportChecks checks={tried.data.files} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} disabled={done.isPending}>
            {t("cancel")}
          </Button>
          <Button
            loading={done.isPending}
            disabled={
              archive === null || tried.data?.valid !== true || tried.data.files.every(({ diff }) => diff === "")
            }
            onClick={() => archive !== null && done.mutate(archive)}
          >
            {t("archive.begin")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
