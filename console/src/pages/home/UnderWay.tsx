import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { Panel } from "@/components/Panel";
import { SessionRow } from "@/components/SessionRow";
import { TimeAgo } from "@/components/TimeAgo";

const SHOWN = 5;
const EVERY_MS = 5_000;

/** What runs at this moment. */
export function UnderWay() {
  const { t } = useTranslation("home");
  const query = { status: "running", page_size: SHOWN, sort_by: "updated_at" } as const;
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/sessions/",
    { params: { query } },
    { refetchInterval: EVERY_MS },
  );
  const total = data?.total ?? 0;
  const more =
    total > SHOWN ? { to: "/sessions?status=running", label: t("running.all", { count: total }) } : undefined;
  return (
    <Panel title={t("running.title")} more={more}>
      {error !== null && data === undefined && <ErrorState error={error} retry={refetch} />}
      {data !== undefined && total === 0 && (
        <Text size="sm" c="dimmed" px="sm" py="xs">
          {t("running.none")}
        </Text>
      )}
      {data?.sessions.map((session) => (
        <SessionRow key={session.session_id} session={session}>
          <TimeAgo at={session.updated_at} />
        </SessionRow>
      ))}
    </Panel>
  );
}
