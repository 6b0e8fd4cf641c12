import { ActionIcon, Button, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import {
  IconArchive,
  IconArchiveOff,
  IconCopy,
  IconDotsVertical,
  IconDownload,
  IconFileTypeCsv,
  IconGitFork,
  IconJson,
  IconList,
  IconMarkdown,
  IconTrash,
} from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, invalidate, type Schemas } from "@/api/client";
import { DeleteSession } from "./DeleteSession";

const FORMATS = { markdown: IconMarkdown, json: IconJson, jsonl: IconList, csv: IconFileTypeCsv } as const;

/** What can be done with a session as a whole. */
export function SessionActions({ session, busy }: { session: Schemas["SessionResponse"]; busy: boolean }) {
  const { t } = useTranslation("session");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  const { session_id, status } = session;
  const path = { session_id };
  const onError = ({ detail }: { detail: string }) => notifications.show({ color: "red", message: detail });
  const update = api.useMutation("put", "/api/sessions/{session_id}", {
    onSuccess: () => invalidate(queries, "/api/sessions/{session_id}", "/api/sessions/"),
    onError,
  });
  const fork = api.useMutation("post", "/api/sessions/{session_id}/fork", {
    onSuccess: (forked) => {
      void invalidate(queries, "/api/sessions/");
      void navigate(`/sessions/${encodeURIComponent(forked.session_id)}`);
    },
    onError,
  });
  const archived = status === "archived";
  return (
    <>
      <Menu>
        <Menu.Target>
          <Button variant="default" leftSection={<IconDownload size={14} aria-hidden />} visibleFrom="sm">
            {t("export.open")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {Object.entries(FORMATS).map(([format, IconOf]) => (
            <Menu.Item
              key={format}
              component="a"
              href={`/api/history/sessions/${encodeURIComponent(session_id)}/export?format=${format}`}
              download
              leftSection={<IconOf size={14} aria-hidden />}
            >
              {t(`export.${format as keyof typeof FORMATS}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label={t("more")}>
            <IconDotsVertical size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconGitFork size={14} aria-hidden />}
            onClick={() => fork.mutate({ params: { path }, body: {} })}
          >
            {t("fork.now")}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconCopy size={14} aria-hidden />}
            onClick={() => {
              void navigator.clipboard.writeText(session_id);
              notifications.show({ message: t("idCopied") });
            }}
          >
            {t("copyId")}
          </Menu.Item>
          <Menu.Item
            leftSection={archived ? <IconArchiveOff size={14} aria-hidden /> : <IconArchive size={14} aria-hidden />}
            disabled={busy}
            onClick={() => update.mutate({ params: { path }, body: { status: archived ? "active" : "archived" } })}
          >
            {t(archived ? "activate" : "archive")}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            color="var(--flowdeck-bad)"
            leftSection={<IconTrash size={14} aria-hidden />}
            onClick={() => setDeleting(true)}
          >
            {t("delete.open")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <DeleteSession sessionId={session_id} busy={busy} opened={deleting} onClose={() => setDeleting(false)} />
    </>
  );
}
