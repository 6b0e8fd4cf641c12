import { Button } from "@mantine/core";
import { IconMessageOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { api } from "@/api/client";
import { Problem } from "@/api/problem";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Page } from "@/components/Page";
import { SessionView } from "./SessionView";

export default function SessionPage() {
  const { sessionId = "" } = useParams();
  return <ReadSession key={sessionId} sessionId={sessionId} />;
}

function ReadSession({ sessionId }: { sessionId: string }) {
  const { t } = useTranslation("session");
  const { data, error, refetch } = api.useQuery("get", "/api/sessions/{session_id}", {
    params: { path: { session_id: sessionId } },
  });
  if (data !== undefined) {
    return <SessionView session={data} gone={error instanceof Problem && error.status === 404} />;
  }
  if (error instanceof Problem && error.status === 404) {
    return (
      <Page title={t("title")}>
        <NoSession />
      </Page>
    );
  }
  return <Page title={t("title")}>{error === null ? <Loading /> : <ErrorState error={error} retry={refetch} />}</Page>;
}

export function NoSession() {
  const { t } = useTranslation("session");
  return (
    <EmptyState
      icon={IconMessageOff}
      title={t("gone.title")}
      action={
        <Button component={Link} to="/sessions" variant="default" mt="xs">
          {t("gone.list")}
        </Button>
      }
    >
      {t("gone.text")}
    </EmptyState>
  );
}
