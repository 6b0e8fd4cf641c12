import { ActionIcon, Tooltip } from "@mantine/core";
import { IconBookmark, IconBookmarkFilled } from "@tabler/icons-react";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, invalidate } from "@/api/client";
import type { FoundMessage } from "./marked";

/** Bookmarks a message that was found, or takes its bookmark away. */
export function BookmarkToggle({ hit }: { hit: FoundMessage }) {
  const { t } = useTranslation("history");
  const queries = useQueryClient();
  const { session_id, message_id, bookmark_id } = hit;
  const options = {
    onSuccess: () => invalidate(queries, "/api/history/search", "/api/history/bookmarks"),
    onError: ({ detail }: { detail: string }) => notifications.show({ color: "red", message: detail }),
  };
  const add = api.useMutation("post", "/api/history/sessions/{session_id}/bookmarks", options);
  const remove = api.useMutation("delete", "/api/history/bookmarks/{bookmark_id}", options);
  const toggle = () => {
    if (bookmark_id === null) {
      add.mutate({ params: { path: { session_id } }, body: { message_id } });
    } else {
      remove.mutate({ params: { path: { bookmark_id } } });
    }
  };
  const label = bookmark_id === null ? t("bookmark.add") : t("bookmark.remove");
  return (
    <Tooltip label={label}>
      <ActionIcon
        size="sm"
        aria-label={t("bookmark.toggle")}
        aria-pressed={bookmark_id !== null}
        loading={add.isPending || remove.isPending}
        onClick={toggle}
      >
        {bookmark_id === null ? <IconBookmark size={15} aria-hidden /> : <IconBookmarkFilled size={15} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
}
