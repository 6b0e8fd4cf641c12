import { Badge, Group, Text } from "@mantine/core";
import { IconMessageCircle, IconRobot, IconSettings, IconTool } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schemas } from "@/api/client";
import { TimeAgo } from "@/components/TimeAgo";
import classes from "./MessageCard.module.css";

const ICONS = { user: IconMessageCircle, assistant: IconRobot, system: IconSettings, tool: IconTool };

export interface MessageCardProps {
  message: Pick<
    Schemas["BookmarkListedResponse"],
    "session_id" | "message_id" | "type" | "title" | "workflow" | "discarded" | "created_at"
  >;
  /** What is shown of its text. */
  text: ReactNode;
  /** What can be done with it, right of its head. */
  actions?: ReactNode;
  /** Below its text: a note. */
  children?: ReactNode;
}

/** A message outside of its session: where it stands, a piece of its text, and the way to it. */
export function MessageCard({ message, text, actions, children }: MessageCardProps) {
  const { t } = useTranslation("history");
  const Icon = ICONS[message.type];
  const to = `/sessions/${encodeURIComponent(message.session_id)}?message=${encodeURIComponent(message.message_id)}`;
  return (
    <article className={classes.card}>
      <div className={classes.head}>
        <span className={classes.type}>
          <Icon size={14} aria-hidden />
          {t(`type.${message.type}`)}
        </span>
        <span className={classes.session}>{message.title ?? message.session_id}</span>
        <Text span size="xs" c="dimmed" className={classes.workflow}>
          {message.workflow}
        </Text>
        {message.discarded && (
          <Badge size="sm" variant="default" title={t("discardedHint")}>
            {t("discarded")}
          </Badge>
        )}
        <Text span size="xs" c="dimmed" ml="auto">
          <TimeAgo at={message.created_at} />
        </Text>
        {actions !== undefined && (
          <Group gap={2} wrap="nowrap" className={classes.actions}>
            {actions}
          </Group>
        )}
      </div>
      <Link to={to} className={classes.text}>
        {text}
      </Link>
      {children !== undefined && <div className={classes.foot}>{children}</div>}
    </article>
  );
}
