import { Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPencil, IconSitemap, IconTrash } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, type Schemas } from "@/api/client";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { useNotify } from "@/hooks/useNotify";
import { CREATABLE } from "./edit/beginnings";
import { editLink } from "./links";

interface FileActionsProps {
  path: string;
  /** Left out where there is none. */
  file: Schemas["ConfigContentResponse"] | undefined;
}

/** What can be done with a file: a workflow's is edited beside its graph, every other one here. */
export function FileActions({ path, file }: FileActionsProps) {
  const { t } = useTranslation("config");
  if (file === undefined) {
    return CREATABLE.includes(path) && <EditButton to={editLink(path)}>{t("edit.create", { path })}</EditButton>;
  }
  if (file.workflow_id !== null) {
    const workflow = `/workflows/${encodeURIComponent(file.workflow_id)}`;
    return (
      <>
        {file.writable && <DeleteFile file={file} />}
        <Button
          component={Link}
          to={workflow}
          variant="default"
          leftSection={<IconSitemap size={14} aria-hidden />}
          visibleFrom="sm"
        >
          {t("files.workflow")}
        </Button>
        <EditButton to={`${workflow}/edit`}>{t("files.editWorkflow")}</EditButton>
      </>
    );
  }
  return (
    file.writable && (
      <>
        <DeleteFile file={file} />
        <EditButton to={editLink(path)}>{t("edit.edit")}</EditButton>
      </>
    )
  );
}

function EditButton({ to, children }: { to: string; children: string }) {
  return (
    <Button component={Link} to={to} leftSection={<IconPencil size={14} aria-hidden />}>
      {children}
    </Button>
  );
}

function DeleteFile({ file: { path, etag, kind } }: { file: Schemas["ConfigContentResponse"] }) {
  const { t } = useTranslation("config");
  const queries = useQueryClient();
  const notify = useNotify();
  const [asking, { open, close }] = useDisclosure();
  const remove = api.useMutation("delete", "/api/config/files/{path}", {
    onSuccess: async () => {
      notify.done(t("delete.done", { path }));
      close();
      await queries.invalidateQueries();
    },
  });
  return (
    <>
      <Button variant="default" leftSection={<IconTrash size={14} aria-hidden />} onClick={open}>
        {t("delete.begin")}
      </Button>
      <ConfirmDialog
        opened={asking}
        title={t("delete.title", { path })}
        confirm={t("delete.begin")}
        dangerous
        action={remove}
        onConfirm={() => remove.mutate({ params: { path: { path }, header: { "if-match": etag } } })}
        onClose={close}
      >
        <Text size="sm">{t(`delete.${kind}`)}</Text>
        <Text size="sm" c="dimmed">
          {t("delete.kept")}
        </Text>
      </ConfirmDialog>
    </>
  );
}
