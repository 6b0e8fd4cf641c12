import { Group, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Page.module.css";

interface PageProps {
  title: string;
  /** What stands right beside the title, such as a way to change it. */
  beside?: ReactNode;
  /** What stands right of the title: the page's main actions. */
  actions?: ReactNode;
  /** One quiet line below the title. */
  description?: ReactNode;
  /** Fills the window's height, for pages that scroll within themselves. */
  fill?: boolean;
  children: ReactNode;
}

/** Every page's frame: the document's title, a heading, actions, and the content's width and margins. */
export function Page({ title, beside, actions, description, fill = false, children }: PageProps) {
  return (
    <div className={classes.page} data-fill={fill || undefined}>
      <title>{`${title} · Flowdeck`}</title>
      <Group justify="space-between" align="flex-start" gap="sm" className={classes.head}>
        <div className={classes.words}>
          <Group gap={6} wrap="nowrap">
            <Title order={1} className={classes.title}>
              {title}
            </Title>
            {beside}
          </Group>
          {description !== undefined && (
            <Text component="div" size="sm" c="dimmed">
              {description}
            </Text>
          )}
        </div>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      <div className={classes.body}>{children}</div>
    </div>
  );
}
