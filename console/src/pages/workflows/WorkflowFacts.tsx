import { Anchor, Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schemas } from "@/api/client";
import { Copy } from "@/components/Copy";
import { TimeAgo } from "@/components/TimeAgo";
import { useFormat } from "@/hooks/useFormat";
import { sessionsPathOf } from "./links";
import { versionOf } from "./versionOf";
import { VersionStanding } from "./VersionStanding";

/** What one wants to know of a version at a glance. */
export function WorkflowFacts({ workflow }: { workflow: Schemas["WorkflowSourceResponse"] }) {
  const { t } = useTranslation("workflows");
  const format = useFormat();
  return (
    <Stack gap={6} mt="-0.625rem" mb="sm">
      {workflow.description !== "" && <Text size="sm">{workflow.description}</Text>}
      <Group gap="4px 14px" fz="sm" c="dimmed">
        <VersionStanding version={workflow} />
        <span>{t("versionIs", { version: versionOf(t, workflow) })}</span>
        {workflow.config_path !== null && <span className="mono break">{workflow.config_path}</span>}
        <Group gap={2} wrap="nowrap" visibleFrom="sm">
          <span className="mono">{workflow.workflow_id}</span>
          <Copy value={workflow.workflow_id} label={t("copyId")} />
        </Group>
        <span>
          {t("loadedAt")} <TimeAgo at={workflow.loaded_at} />
        </span>
        <span>{t("runsSoFar", { count: workflow.usage_count, shown: format.number(workflow.usage_count) })}</span>
        <Anchor component={Link} to={sessionsPathOf(workflow.name)} c="inherit" underline="always">
          {t("sessions")}
        </Anchor>
      </Group>
    </Stack>
  );
}
