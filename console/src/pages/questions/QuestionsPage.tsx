import { Anchor, Group, Stack, Text } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, type Schemas } from "@/api/client";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Page } from "@/components/Page";
import { Pager } from "@/components/Pager";
import { type Question } from "@/components/questions/answers";
import { QuestionForm } from "@/components/questions/QuestionForm";
import { TimeAgo } from "@/components/TimeAgo";
import { useUrlState } from "@/hooks/useUrlState";

const DEFAULTS = { page: 1, page_size: 20 };
const EVERY_MS = 5_000;

/** Everything that waits for a person's answer, over all sessions; it is answered right here. */
export default function QuestionsPage() {
  const { t } = useTranslation("questions");
  const [query, setQuery] = useUrlState(DEFAULTS);
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/questions/",
    { params: { query } },
    { placeholderData: keepPreviousData, refetchInterval: EVERY_MS },
  );
  return (
    <Page title={t("title")} description={t("description")}>
      {data === undefined ? (
        error === null ? (
          <Loading rows={6} />
        ) : (
          <ErrorState error={error} retry={refetch} />
        )
      ) : data.total === 0 ? (
        <EmptyState icon={IconCircleCheck} title={t("none.title")}>
          {t("none.text")}
        </EmptyState>
      ) : (
        <>
          <Stack gap="lg" maw={760}>
            {data.runs.map((run) => (
              <WaitingRun key={run.run_id} run={run} />
            ))}
          </Stack>
          <Pager
            page={query.page}
            pageSize={query.page_size}
            total={data.total}
            hasNext={data.has_next}
            onChange={setQuery}
          />
        </>
      )}
    </Page>
  );
}

function WaitingRun({ run }: { run: Schemas["WaitingRunResponse"] }) {
  const { t } = useTranslation("questions");
  return (
    <article aria-label={run.title ?? run.session_id}>
      <Group gap={8} mb={4}>
        <Anchor component={Link} to={`/sessions/${encodeURIComponent(run.session_id)}`} fw={600}>
          {run.title ?? run.session_id}
        </Anchor>
        <Text size="xs" c="dimmed">
          {t("since")} <TimeAgo at={run.created_at} />
        </Text>
      </Group>
      <QuestionForm
        key={run.interrupts.map(({ interrupt_id }) => String(interrupt_id)).join()}
        runId={run.run_id}
        questions={run.interrupts as unknown as Question[]}
      />
    </article>
  );
}
