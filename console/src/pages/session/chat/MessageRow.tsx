import { Badge, Group, Text } from "@mantine/core";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { Markdown } from "@/components/Markdown";
import { TimeAgo } from "@/components/TimeAgo";
import type { ChatStore, Message } from "./ChatStore";
import { MediaBlocks } from "./MediaBlocks";
import { MessageActions } from "./MessageActions";
import classes from "./chat.module.css";
import { Reasoning } from "./Reasoning";
import { StoppedMark } from "./StoppedMark";
import { ToolCall } from "./ToolCall";

interface MessageRowProps {
  message: Message;
  store: ChatStore;
  /** Changes when results of its tool calls may have come. */
  version: number;
  marked: boolean;
}

/** One message with what can be done with it. What a person wrote stands as it was typed; a model writes Markdown. A tool's answer stands within the call that it answers. */
export const MessageRow = memo(function MessageRow({ message, store, marked }: MessageRowProps) {
  const { t } = useTranslation("session");
  if (message.type === "tool") {
    return (
      <article className={classes.message} data-type="tool" aria-label={t("message.tool")}>
        <ToolCall name={message.name ?? t("message.tool")} args={undefined} result={message} />
      </article>
    );
  }
  return (
    <article
      className={classes.message}
      data-type={message.type}
      data-discarded={(message.discarded && !message.partial) || undefined}
      data-partial={message.partial || undefined}
      data-marked={marked || undefined}
      data-message={message.message_id}
      aria-label={t(`message.${message.type}`)}
    >
      <Group gap={8} className={classes.head} wrap="nowrap">
        <Text component="span" size="xs" fw={600}>
          {message.name ?? t(`message.${message.type}`)}
        </Text>
        <Text component="span" size="xs" c="dimmed">
          <TimeAgo at={message.created_at} />
        </Text>
        {message.partial && <StoppedMark />}
        {message.end_reason !== null && (
          <Badge size="xs" color="orange" variant="light" title={t(`endReasonHint.${message.end_reason}`, "")}>
            {t(`endReason.${message.end_reason}`, message.end_reason)}
          </Badge>
        )}
        {message.discarded && !message.partial && (
          <Badge size="xs" variant="default" title={t("message.discardedHint")}>
            {t("message.discarded")}
          </Badge>
        )}
        <MessageActions message={message} />
      </Group>
      {message.reasoning !== null && <Reasoning text={message.reasoning} />}
      {message.blocks !== null && <MediaBlocks blocks={message.blocks} />}
      {message.content !== "" &&
        (message.type === "user" ? (
          <div className={classes.plain}>{message.content}</div>
        ) : (
          <Markdown text={message.content} />
        ))}
      {message.tool_calls?.map((call) => (
        <ToolCall
          key={String(call.id)}
          name={String(call.name)}
          args={call.args}
          result={store.resultOf(String(call.id))}
        />
      ))}
      {message.invalid_tool_calls?.map((call) => (
        <ToolCall
          key={String(call.id)}
          name={String(call.name)}
          args={call.args}
          result={store.resultOf(String(call.id))}
        />
      ))}
    </article>
  );
});
