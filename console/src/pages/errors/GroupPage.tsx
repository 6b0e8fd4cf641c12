import { Alert, Anchor, Grid, Stack, Text } from "@mantine/core";
import { IconRotateClockwise } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { api, type Schemas } from "@/api/client";
import { Problem } from "@/api/problem";
import { Copy } from "@/components/Copy";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Page } from "@/components/Page";
import { TimeAgo } from "@/components/TimeAgo";
import { useFormat } from "@/hooks/useFormat";
import { useMessageOf } from "@/hooks/useMessageOf";
import { useUrlState } from "@/hooks/useUrlState";
import { AffectedSessions, AffectedVersions } from "./Affected";
import { Decisions } from "./Decisions";
import { Facts } from "./Facts";
import classes from "./GroupPage.module.css";
import { Occurrences } from "./Occurrences";
import { OverTime } from "./OverTime";
import { EVERY_MS, useErrorsAreLive } from "./useErrorsAreLive";

const DEFAULTS = { page: 1, page_size: 20 };

/** One failure's whole story: what it says, when and where it occurred, and what can be done about it. */
export default function GroupPage() {
  const { t } = useTranslation("errors");
  const { groupId = "" } = useParams();
  const [{ page, page_size }, setState] = useUrlState(DEFAULTS);
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/errors/{group_id}",
    { params: { path: { group_id: groupId }, query: { page, page_size } } },
    { placeholderData: keepPreviousData, refetchInterval: EVERY_MS },
  );
  useErrorsAreLive(data?.sessions.map(({ session_id }) => session_id));
  if (data === undefined) {
    return (
      <Page title={t("title")}>
        {error === null ? (
          <Loading />
        ) : error instanceof Problem && error.status === 404 ? (
          <EmptyState
            icon={IconRotateClockwise}
            title={t("gone")}
            action={
              <Anchor component={Link} to="/errors">
                {t("all")}
              </Anchor>
            }
          />
        ) : (
          <ErrorState error={error} retry={refetch} />
        )}
      </Page>
    );
  }
  return (
    <Page
      title={data.type}
      description={
        <span className="break">
          <Anchor component={Link} to="/errors" underline="always">
            {t("title")}
          </Anchor>
          {[data.workflow, data.node].map((name) => (name === null ? "" : ` / ${name}`)).join("")}
        </span>
      }
      actions={<Decisions group={data} />}
    >
      <Story group={data} onPage={setState} />
    </Page>
  );
}

interface StoryProps {
  group: Schemas["ErrorGroupDetailResponse"];
  onPage: (changes: { page?: number; page_size?: number }) => void;
}

function Story({ group, onPage }: StoryProps) {
  const { t } = useTranslation("errors");
  const format = useFormat();
  const messageOf = useMessageOf();
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Stack gap="lg">
          {group.regressed_at !== null && (
            <Alert color="red" variant="light" icon={<IconRotateClockwise size={16} aria-hidden />} p="xs">
              <Text size="sm">
                {t("cameBack")} <TimeAgo at={group.regressed_at} />
                {group.regressions > 1 && ` · ${t("cameBackTimes", { shown: format.number(group.regressions) })}`}
              </Text>
            </Alert>
          )}
          <div className={classes.message}>
            <span>{messageOf(group)}</span>
            <Copy value={messageOf(group)} label={t("copyMessage")} />
          </div>
          <OverTime buckets={group.over_time} seconds={group.bucket_seconds} />
          <Occurrences group={group} onPage={onPage} />
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 4 }}>
        <Stack gap="lg">
          <Facts group={group} />
          <AffectedSessions sessions={group.sessions} total={group.session_count} />
          <AffectedVersions versions={group.workflow_versions} total={group.workflow_version_count} />
        </Stack>
      </Grid.Col>
    </Grid>
  );
}
