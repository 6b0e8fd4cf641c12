import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, invalidateFiles, type Schemas } from "@/api/client";
import { CodeBlock } from "@/components/CodeBlock";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { useNotify } from "@/hooks/useNotify";
import { Diff } from "./Diff";

interface CompareDialogProps {
  path: string;
  version: Schemas["ConfigVersionResponse"];
  /** The file as it is; left out where it was deleted: the version's text is shown instead of a difference. */
  file: Schemas["ConfigContentResponse"] | undefined;
  onClose: () => void;
}

/** What restoring a version would change, and restoring it. */
export function CompareDialog({ path, version: { number }, file, onClose }: CompareDialogProps) {
  const { t } = useTranslation("config");
  const queries = useQueryClient();
  const notify = useNotify();
  const { data, error } = api.useQuery("get", "/api/config/files/{path}/versions/{number}", {
    params: { path: { path, number } },
  });
  const content = data?.content ?? undefined;
  const check = api.useQuery(
    "post",
    "/api/config/files/{path}/validate",
    { params: { path: { path } }, body: { content: content ?? "" } },
    { enabled: content !== undefined, gcTime: 0 },
  );
  const restore = api.useMutation("post", "/api/config/files/{path}/versions/{number}/restore", {
    onSuccess: async () => {
      notify.done(t("versions.restored", { number }));
      onClose();
      await invalidateFiles(queries);
    },
  });
  const failure = error ?? check.error ?? restore.error;
  const told = check.data;
  const writable = file?.writable ?? true;
  return (
    <Modal opened onClose={onClose} title={t("versions.compareOne", { number })} size="60rem">
      <Stack gap="sm">
        {failure !== null && <ErrorState error={failure} />}
        {content === undefined || told === undefined ? (
          failure === null && <Loading rows={6} />
        ) : file === undefined ? (
          <CodeBlock code={content} language="yaml" rows={24} />
        ) : (
          <Diff text={told.diff} />
        )}
        {told?.valid === false && (
          <Text size="sm" c="var(--flowdeck-bad)">
            {told.detail}
          </Text>
        )}
        {writable && (
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t("cancel")}
            </Button>
            <Button
              loading={restore.isPending}
              disabled={told?.valid !== true}
              onClick={() =>
                restore.mutate({
                  params: {
                    path: { path, number },
                    header: file === undefined ? {} : { "if-match": file.etag },
                  },
                })
              }
            >
              {t("versions.restore")}
            </Button>
          </Group>
        )}
      </Stack>
    </Modal>
  );
}
