import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconChartBar, IconDotsVertical, IconForms, IconMessagePlus, IconPencil, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schemas } from "@/api/client";
import { DeleteVersion } from "./DeleteVersion";
import { editPathOf, figuresPathOf } from "./links";
import { useStartSession } from "./useStartSession";

interface WorkflowActionsProps {
  workflow: Schemas["WorkflowSourceResponse"];
  onRun: () => void;
}

/** What can be done with a version. One that was unloaded is only looked at, edited into a new one, or made current. */
export function WorkflowActions({ workflow, onRun }: WorkflowActionsProps) {
  const { t } = useTranslation("workflows");
  const [deleting, setDeleting] = useState(false);
  const session = useStartSession();
  const { workflow_id, name, loaded } = workflow;
  return (
    <>
      {loaded && (
        <Button leftSection={<IconForms size={14} aria-hidden />} onClick={onRun}>
          {t("run.open")}
        </Button>
      )}
      <Button
        component={Link}
        to={editPathOf(workflow_id)}
        variant="default"
        leftSection={<IconPencil size={14} aria-hidden />}
      >
        {t("edit")}
      </Button>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label={t("more")}>
            <IconDotsVertical size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconMessagePlus size={14} aria-hidden />}
            disabled={!loaded || session.isPending}
            onClick={() => session.start(workflow_id)}
          >
            {t("startSession")}
          </Menu.Item>
          <Menu.Item component={Link} to={figuresPathOf(name)} leftSection={<IconChartBar size={14} aria-hidden />}>
            {t("figures")}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            color="var(--flowdeck-bad)"
            leftSection={<IconTrash size={14} aria-hidden />}
            disabled={!loaded}
            onClick={() => setDeleting(true)}
          >
            {t("delete.version")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <DeleteVersion workflow={workflow} opened={deleting} onClose={() => setDeleting(false)} />
    </>
  );
}
