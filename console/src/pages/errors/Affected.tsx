import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schemas } from "@/api/client";
import { Panel } from "@/components/Panel";
import { TimeAgo } from "@/components/TimeAgo";
import { useFormat } from "@/hooks/useFormat";
import classes from "./GroupPage.module.css";

interface AffectedSessionsProps {
  sessions: readonly Schemas["AffectedSessionResponse"][];
  total: number;
}

/** The sessions in which it occurred most. */
export function AffectedSessions({ sessions, total }: AffectedSessionsProps) {
  const { t } = useTranslation("errors");
  const format = useFormat();
  return (
    <Panel title={t("sessions", { shown: format.number(total) })}>
      {sessions.length === 0 && <Nothing>{t("noSessions")}</Nothing>}
      {sessions.map((session) => (
        <Link
          key={session.session_id}
          to={`/sessions/${encodeURIComponent(session.session_id)}`}
          className={classes.row}
        >
          <span className={classes.name}>{session.title ?? session.session_id}</span>
          <span className={classes.more}>
            {t("times", { count: session.count, shown: format.number(session.count) })} ·{" "}
            <TimeAgo at={session.last_seen} />
          </span>
        </Link>
      ))}
      {total > sessions.length && <Nothing>{t("mostOnly", { shown: format.number(sessions.length) })}</Nothing>}
    </Panel>
  );
}

interface AffectedVersionsProps {
  versions: readonly Schemas["AffectedVersionResponse"][];
  total: number;
}

/** The versions of the workflow on which it occurred most. */
export function AffectedVersions({ versions, total }: AffectedVersionsProps) {
  const { t } = useTranslation("errors");
  const format = useFormat();
  if (total === 0) {
    return null;
  }
  return (
    <Panel title={t("versions", { shown: format.number(total) })}>
      {versions.map((version) => (
        <Link
          key={version.workflow_id}
          to={`/workflows/${encodeURIComponent(version.workflow_id)}`}
          className={classes.row}
        >
          <span className={classes.name}>
            {version.number === null ? version.workflow_id : t("version", { number: version.number })}
            {version.version !== null && version.version !== "" && ` (${version.version})`}
          </span>
          <span className={classes.more}>
            {t("times", { count: version.count, shown: format.number(version.count) })} ·{" "}
            <TimeAgo at={version.last_seen} />
          </span>
        </Link>
      ))}
      {total > versions.length && <Nothing>{t("mostOnly", { shown: format.number(versions.length) })}</Nothing>}
    </Panel>
  );
}

function Nothing({ children }: { children: string }) {
  return (
    <Text size="xs" c="dimmed" px="sm" py="xs">
      {children}
    </Text>
  );
}
