import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client, invalidate, type Schemas } from "@/api/client";
import { NoteEditor } from "@/components/NoteEditor";
import { Panel } from "@/components/Panel";
import { TimeAgo } from "@/components/TimeAgo";
import { useFormat } from "@/hooks/useFormat";
import classes from "./GroupPage.module.css";
import { GroupStatus } from "./GroupStatus";
import { Severity } from "./Severity";

const NOTE_LENGTH = 4000;

/** What is known of a group at a glance, and its note. */
export function Facts({ group }: { group: Schemas["ErrorGroupDetailResponse"] }) {
  const { t } = useTranslation("errors");
  const format = useFormat();
  const queries = useQueryClient();
  const save = async (note: string | null) => {
    await client.PUT("/api/errors/{group_id}/note", {
      params: { path: { group_id: group.group_id } },
      body: { note },
    });
    await invalidate(queries, "/api/errors/", "/api/errors/{group_id}");
  };
  return (
    <Panel title={t("facts")}>
      <dl className={classes.facts}>
        <dt>{t("column.status")}</dt>
        <dd>
          <GroupStatus group={group} />
        </dd>
        {group.status_changed_at !== null && (
          <>
            <dt>{t("decided")}</dt>
            <dd>
              {group.status_changed_by} · <TimeAgo at={group.status_changed_at} />
            </dd>
          </>
        )}
        <dt>{t("column.severity")}</dt>
        <dd>
          <Severity severity={group.severity} />
        </dd>
        <dt>{t("column.kind")}</dt>
        <dd>{t(`kind.${group.kind}`)}</dd>
        <dt>{t("column.count")}</dt>
        <dd className="number">{format.number(group.count)}</dd>
        <dt>{t("column.firstSeen")}</dt>
        <dd>
          <TimeAgo at={group.first_seen} />
        </dd>
        <dt>{t("column.lastSeen")}</dt>
        <dd>
          <TimeAgo at={group.last_seen} />
        </dd>
      </dl>
      <div className={classes.note}>
        <NoteEditor note={group.note} limit={NOTE_LENGTH} save={save} />
      </div>
    </Panel>
  );
}
