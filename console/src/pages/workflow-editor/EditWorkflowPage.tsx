import { Alert, Anchor, Button, Group, Text } from "@mantine/core";
import { IconFileDiff, IconSitemap } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { api, type Schemas } from "@/api/client";
import { Problem } from "@/api/problem";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Page } from "@/components/Page";
import { Editor } from "./Editor";
import { pathFor } from "./saving/paths";
import type { Saved } from "@/components/editor/useSaveFile";

/** The file of a workflow, to be edited. A version that was sent as data gets a file when it is saved. */
export default function EditWorkflowPage() {
  const { t } = useTranslation("workflow-editor");
  const { workflowId = "" } = useParams();
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/workflows/{workflow_id}/source",
    { params: { path: { workflow_id: workflowId } } },
    { placeholderData: keepPreviousData }, // after saving the address is another version's, and the editor stays
  );
  if (data !== undefined) {
    return data.config_path === null ? (
      <EditData version={data} theirs={null} key={data.workflow_id} />
    ) : (
      <EditFile version={data} path={data.config_path} key={data.config_path} />
    );
  }
  return (
    <Page title={t("title")}>
      {error === null ? (
        <Loading rows={8} />
      ) : error instanceof Problem && error.status === 404 ? (
        <EmptyState
          icon={IconSitemap}
          title={t("gone")}
          action={
            <Anchor component={Link} to="/workflows">
              {t("all")}
            </Anchor>
          }
        />
      ) : (
        <ErrorState error={error} retry={refetch} />
      )}
    </Page>
  );
}

type Version = Schemas["WorkflowSourceResponse"];

function EditFile({ version, path }: { version: Version; path: string }) {
  const { data, error, refetch, isFetchedAfterMount } = api.useQuery(
    "get",
    "/api/config/files/{path}",
    { params: { path: { path } } },
    { refetchOnMount: "always" }, // what was read some time ago may be another's text by now
  );
  const [wasGone, setWasGone] = useState(false);
  if (!wasGone && data === undefined && error instanceof Problem && error.status === 404) {
    setWasGone(true); // also when saving has made the file again: the editor stays as it is
  }
  const file: Saved | null = data === undefined ? null : { path: data.path, text: data.content, etag: data.etag };
  if (wasGone) {
    return <EditData version={version} theirs={file} />;
  }
  return file === null || !isFetchedAfterMount ? (
    <Page title={version.name}>
      {error === null ? <Loading rows={8} /> : <ErrorState error={error} retry={refetch} />}
    </Page>
  ) : (
    <EditOpened version={version} file={file} />
  );
}

function EditOpened({ version, file }: { version: Version; file: Saved }) {
  const { t } = useTranslation("workflow-editor");
  // What was found when it was opened: every save makes the file's text and the next version's the same.
  const [other, setOther] = useState(() => (file.text === version.source ? null : version));
  return (
    <Editor
      title={version.name}
      opened={file}
      theirs={file}
      workflowId={version.workflow_id}
      notice={(write) =>
        other !== null && (
          <Alert variant="light" color="gray" p="xs" icon={<IconFileDiff size={16} aria-hidden />}>
            <Group gap="xs" justify="space-between">
              <Text size="sm">{t("other.text", { number: other.number })}</Text>
              <Group gap="xs">
                <Button
                  variant="default"
                  onClick={() => {
                    write(other.source);
                    setOther(null);
                  }}
                >
                  {t("other.take")}
                </Button>
                <Button variant="default" onClick={() => setOther(null)}>
                  {t("other.leave")}
                </Button>
              </Group>
            </Group>
          </Alert>
        )
      }
    />
  );
}

function EditData({ version, theirs }: { version: Version; theirs: Saved | null }) {
  const path = pathFor(version.name);
  return (
    <Editor
      title={version.name}
      opened={{ path, text: version.source, etag: null }}
      theirs={theirs}
      workflowId={version.workflow_id}
    />
  );
}
