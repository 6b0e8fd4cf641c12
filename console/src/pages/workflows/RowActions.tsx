import { ActionIcon, Group, Menu, Tooltip } from "@mantine/core";
import {
  IconChartBar,
  IconDotsVertical,
  IconForms,
  IconMessagePlus,
  IconMessages,
  IconPencil,
  IconTrash,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schemas } from "@/api/client";
import { editPathOf, figuresPathOf, runPathOf, sessionsPathOf } from "./links";
import { useStartSession } from "./useStartSession";

interface RowActionsProps {
  workflow: Schemas["WorkflowResponse"];
  onDelete: () => void;
}

/** What can be done with a workflow without going to it. */
export function RowActions({ workflow, onDelete }: RowActionsProps) {
  const { t } = useTranslation("workflows");
  const session = useStartSession();
  const { workflow_id, name } = workflow;
  return (
    <Group gap={2} wrap="nowrap" justify="flex-end">
      <Tooltip label={t("startSession")}>
        <ActionIcon
          aria-label={t("startSessionOf", { name })}
          loading={session.isPending}
          onClick={() => session.start(workflow_id)}
        >
          <IconMessagePlus size={16} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <Menu>
        <Menu.Target>
          <ActionIcon aria-label={t("moreOf", { name })}>
            <IconDotsVertical size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component={Link} to={runPathOf(workflow_id)} leftSection={<IconForms size={14} aria-hidden />}>
            {t("run.open")}
          </Menu.Item>
          <Menu.Item component={Link} to={editPathOf(workflow_id)} leftSection={<IconPencil size={14} aria-hidden />}>
            {t("edit")}
          </Menu.Item>
          <Menu.Item component={Link} to={sessionsPathOf(name)} leftSection={<IconMessages size={14} aria-hidden />}>
            {t("sessions")}
          </Menu.Item>
          <Menu.Item component={Link} to={figuresPathOf(name)} leftSection={<IconChartBar size={14} aria-hidden />}>
            {t("figures")}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item color="var(--flowdeck-bad)" leftSection={<IconTrash size={14} aria-hidden />} onClick={onDelete}>
            {t("delete.open")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}
