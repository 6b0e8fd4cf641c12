import { ActionIcon, Anchor, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconTrash } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client, invalidate, type Schemas } from "@/api/client";
import { NoteEditor } from "@/components/NoteEditor";
import { MessageCard } from "./MessageCard";

const NOTE_LENGTH = 2000;

/** A bookmarked message with its note. Removing it can be taken back. */
export function BookmarkCard({ bookmark }: { bookmark: Schemas["BookmarkListedResponse"] }) {
  const { t } = useTranslation("history");
  const queries = useQueryClient();
  const { bookmark_id, session_id, message_id, note } = bookmark;
  const changed = () => invalidate(queries, "/api/history/bookmarks", "/api/history/search");
  const tell = async (act: () => Promise<unknown>) => {
    try {
      await act();
      await changed();
    } catch (error) {
      notifications.show({ color: "red", message: error instanceof Error ? error.message : String(error) });
    }
  };
  const save = async (changedNote: string | null) => {
    const body = { note: changedNote };
    await client.PATCH("/api/history/bookmarks/{bookmark_id}", { params: { path: { bookmark_id } }, body });
    await changed();
  };
  const bringBack = () =>
    client.POST("/api/history/sessions/{session_id}/bookmarks", {
      params: { path: { session_id } },
      body: { message_id, note },
    });
  const remove = async () => {
    await client.DELETE("/api/history/bookmarks/{bookmark_id}", { params: { path: { bookmark_id } } });
    notifications.show({
      id: bookmark_id,
      message: (
        <>
          {t("bookmark.removed")}{" "}
          <Anchor
            component="button"
            onClick={() => {
              notifications.hide(bookmark_id);
              void tell(bringBack);
            }}
          >
            {t("bookmark.undo")}
          </Anchor>
        </>
      ),
    });
  };
  const excerpt = bookmark.excerpt.trim();
  return (
    <MessageCard
      message={bookmark}
      text={excerpt === "" ? t("bookmark.noText") : excerpt}
      actions={
        <Tooltip label={t("bookmark.remove")}>
          <ActionIcon size="sm" aria-label={t("bookmark.remove")} onClick={() => void tell(remove)}>
            <IconTrash size={15} aria-hidden />
          </ActionIcon>
        </Tooltip>
      }
    >
      <NoteEditor note={note} limit={NOTE_LENGTH} save={save} />
    </MessageCard>
  );
}
