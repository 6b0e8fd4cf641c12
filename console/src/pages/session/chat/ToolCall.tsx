import { Collapse, Text, UnstyledButton } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconChevronRight, IconDots, IconTool } from "@tabler/icons-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { CodeBlock, JsonBlock } from "@/components/CodeBlock";
import type { Message } from "./ChatStore";
import { MediaBlocks } from "./MediaBlocks";
import classes from "./chat.module.css";

const ROWS = 16;

interface ToolCallProps {
  name: string;
  /** Left out where only the answer is known. */
  args: unknown;
  result: Message | undefined;
}

/** A call to a tool, folded: its name and arguments on one line; opened, the arguments and what it answered. */
export function ToolCall({ name, args, result }: ToolCallProps) {
  const { t } = useTranslation("session");
  const [opened, setOpened] = useState(false);
  const id = useId();
  const failed = result?.status === "error";
  return (
    <div className={classes.tool} data-failed={failed || undefined}>
      <UnstyledButton
        className={classes.toolHead}
        onClick={() => setOpened(!opened)}
        aria-expanded={opened}
        aria-controls={id}
      >
        <IconChevronRight size={14} aria-hidden className={classes.chevron} data-opened={opened || undefined} />
        <IconTool size={14} aria-hidden />
        <span className={classes.toolName}>{name}</span>
        <span className={classes.toolArgs}>{args === undefined ? "" : JSON.stringify(args)}</span>
        <ToolStatus state={result === undefined ? "open" : failed ? "failed" : "done"} />
      </UnstyledButton>
      <Collapse expanded={opened} id={id}>
        <div className={classes.toolBody}>
          {args !== undefined && (
            <>
              <Text size="xs" c="dimmed">
                {t("tool.arguments")}
              </Text>
              <JsonBlock value={args} rows={ROWS} />
            </>
          )}
          {result !== undefined && (
            <>
              <Text size="xs" c="dimmed">
                {t(failed ? "tool.error" : "tool.result")}
              </Text>
              <ResultBlock text={result.content} />
              {result.blocks !== null && <MediaBlocks blocks={result.blocks} />}
            </>
          )}
        </div>
      </Collapse>
    </div>
  );
}

function ToolStatus({ state }: { state: "open" | "failed" | "done" }) {
  const { t } = useTranslation("session");
  const icons = { open: IconDots, failed: IconAlertTriangle, done: IconCheck };
  const IconOf = icons[state];
  return (
    <span className={classes.toolStatus} data-state={state}>
      <IconOf size={14} aria-hidden />
      {t(`tool.${state}`)}
    </span>
  );
}

/** JSON is indented; whatever else a tool says stands as it is. */
function ResultBlock({ text }: { text: string }) {
  const value = structured(text);
  return value === undefined ? <CodeBlock code={text} rows={ROWS} /> : <JsonBlock value={value} rows={ROWS} />;
}

/** The object or list that a text is as JSON. */
function structured(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
