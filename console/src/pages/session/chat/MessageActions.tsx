import { ActionIcon, Tooltip } from "@mantine/core";
import { IconBookmark, IconBookmarkFilled, IconGitFork, IconLink } from "@tabler/icons-react";
import { notifications } from "@mantine/notifications";
import { useTranslation } from "react-i18next";
import { Copy } from "@/components/Copy";
import type { Message } from "./ChatStore";
import classes from "./chat.module.css";
import { useChatActions } from "./chatActions";

/** What can be done with a message. They are seen when the message is pointed at or has the focus. */
export function MessageActions({ message }: { message: Message }) {
  const { t } = useTranslation("session");
  const { bookmarkOf, toggleBookmark, editAndFork } = useChatActions();
  const bookmarked = bookmarkOf(message.message_id) !== undefined;
  const share = async () => {
    const address = new URL(location.href);
    address.searchParams.set("message", message.message_id);
    await navigator.clipboard.writeText(address.href);
    notifications.show({ message: t("message.linkCopied") });
  };
  return (
    <span className={classes.actions} data-kept={bookmarked || undefined}>
      <Copy value={message.content} label={t("message.copy")} />
      <Tooltip label={t("message.link")}>
        <ActionIcon size="sm" aria-label={t("message.link")} onClick={share}>
          <IconLink size={14} aria-hidden />
        </ActionIcon>
      </Tooltip>
      {message.type === "user" && (
        <Tooltip label={t("message.fork")}>
          <ActionIcon size="sm" aria-label={t("message.fork")} onClick={() => editAndFork(message)}>
            <IconGitFork size={14} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
      <Tooltip label={t(bookmarked ? "message.unbookmark" : "message.bookmark")}>
        <ActionIcon
          size="sm"
          aria-label={t("message.bookmark")}
          aria-pressed={bookmarked}
          onClick={() => toggleBookmark(message.message_id)}
        >
          {bookmarked ? <IconBookmarkFilled size={14} aria-hidden /> : <IconBookmark size={14} aria-hidden />}
        </ActionIcon>
      </Tooltip>
    </span>
  );
}
