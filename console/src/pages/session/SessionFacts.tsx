import { Anchor, Group } from "@mantine/core";
import { IconGitFork } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, type Schemas } from "@/api/client";
import { Copy } from "@/components/Copy";
import { StatusBadge } from "@/components/StatusBadge";
import { TimeAgo } from "@/components/TimeAgo";

/** What one wants to know of a session at a glance: status, workflow and version, id, where it comes from. */
export function SessionFacts({ session }: { session: Schemas["SessionResponse"] }) {
  const { t } = useTranslation("session");
  const { workflow_id, forked_from } = session;
  const { data: workflow } = api.useQuery(
    "get",
    "/api/workflows/{workflow_id}/source",
    { params: { path: { workflow_id } } },
    { staleTime: Infinity },
  );
  return (
    <Group component="span" gap="4px 12px" mt={2}>
      <StatusBadge status={session.status} />
      <Anchor component={Link} to={`/workflows/${encodeURIComponent(workflow_id)}`} c="inherit">
        {workflow === undefined
          ? session.workflow_config_path
          : workflow.version === ""
            ? workflow.name
            : t("workflow", { name: workflow.name, version: workflow.version })}
      </Anchor>
      <Group component="span" gap={2} wrap="nowrap" visibleFrom="sm">
        <span className="mono">{session.session_id}</span>
        <Copy value={session.session_id} label={t("copyId")} />
      </Group>
      {forked_from !== null && (
        <Anchor component={Link} to={`/sessions/${encodeURIComponent(forked_from.session_id)}`} c="inherit">
          <Group component="span" gap={4} wrap="nowrap">
            <IconGitFork size={14} aria-hidden />
            {t("forkedFrom")}
          </Group>
        </Anchor>
      )}
      <Group component="span" gap={4} visibleFrom="md">
        {t("created")} <TimeAgo at={session.created_at} />
      </Group>
    </Group>
  );
}
