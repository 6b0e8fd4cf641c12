import { Anchor, Group, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import classes from "./Panel.module.css";

interface PanelProps {
  title: ReactNode;
  /** Where all of it is listed. */
  more?: { to: string; label: string };
  /** As high as its row in a grid. */
  fill?: boolean;
  children: ReactNode;
}

/** A titled part of a page. */
export function Panel({ title, more, fill = false, children }: PanelProps) {
  return (
    <section className={classes.panel} data-fill={fill || undefined}>
      <Group justify="space-between" mb={6}>
        <Title order={2} fz="sm">
          {title}
        </Title>
        {more !== undefined && (
          <Anchor component={Link} to={more.to} size="xs">
            {more.label}
          </Anchor>
        )}
      </Group>
      <div className={classes.body}>{children}</div>
    </section>
  );
}
