import { Badge, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { Panel } from "@/components/Panel";
import { TimeAgo } from "@/components/TimeAgo";
import { useFormat } from "@/hooks/useFormat";
import { useMessageOf } from "@/hooks/useMessageOf";
import classes from "./OpenErrors.module.css";

const OPEN = { params: { query: { status: "open", page_size: 5 } } } as const;
const EVERY_MS = 30_000;

/** Error groups that nobody has resolved or muted, the latest first. */
export function OpenErrors() {
  const { t } = useTranslation("home");
  const format = useFormat();
  const messageOf = useMessageOf();
  const { data, error, refetch } = api.useQuery("get", "/api/errors/", OPEN, { refetchInterval: EVERY_MS });
  return (
    <Panel title={t("errors.title")} more={{ to: "/errors", label: t("errors.all") }}>
      {error !== null && data === undefined && <ErrorState error={error} retry={refetch} />}
      {data?.total === 0 && (
        <Text size="sm" c="dimmed" px="sm" py="xs">
          {t("errors.none")}
        </Text>
      )}
      {data?.groups.map((group) => (
        <Link key={group.group_id} to={`/errors/${encodeURIComponent(group.group_id)}`} className={classes.group}>
          <Group justify="space-between" wrap="nowrap" gap="sm">
            <Text size="sm" fw={500} className="truncate">
              {messageOf(group)}
            </Text>
            {group.regressed && (
              <Badge size="sm" variant="light" color="red">
                {t("errors.back")}
              </Badge>
            )}
          </Group>
          <Text size="xs" c="dimmed">
            {[group.workflow, group.node].filter(Boolean).join(" · ")}
            {group.workflow !== null && " · "}
            {t("errors.times", { count: group.count, shown: format.number(group.count) })} ·{" "}
            <TimeAgo at={group.last_seen} />
          </Text>
        </Link>
      ))}
    </Panel>
  );
}
