import { Stack, Text, ThemeIcon } from "@mantine/core";
import type { Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";

interface EmptyStateProps {
  icon: Icon;
  title: string;
  /** Why there is nothing, and what to do next. */
  children?: ReactNode;
  /** The next step: a button or a link. */
  action?: ReactNode;
}

/** Says honestly that there is nothing yet, and what to do next. */
export function EmptyState({ icon: IconOf, title, children, action }: EmptyStateProps) {
  return (
    <Stack align="center" gap="xs" py={48} px="md" ta="center">
      <ThemeIcon variant="light" color="gray" size={40} radius="md" mb={4}>
        <IconOf size={22} stroke={1.5} aria-hidden />
      </ThemeIcon>
      <Text fw={600}>{title}</Text>
      {children !== undefined && (
        <Text size="sm" c="dimmed" maw={460}>
          {children}
        </Text>
      )}
      {action}
    </Stack>
  );
}
