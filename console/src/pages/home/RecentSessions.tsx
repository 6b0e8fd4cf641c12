import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Panel } from "@/components/Panel";
import { SessionRow } from "@/components/SessionRow";
import { TimeAgo } from "@/components/TimeAgo";

export function RecentSessions({ sessions }: { sessions: readonly Schemas["SessionResponse"][] }) {
  const { t } = useTranslation("home");
  return (
    <Panel title={t("recent.title")} more={{ to: "/sessions", label: t("recent.all") }}>
      {sessions.map((session) => (
        <SessionRow key={session.session_id} session={session}>
          <TimeAgo at={session.updated_at} />
        </SessionRow>
      ))}
    </Panel>
  );
}
