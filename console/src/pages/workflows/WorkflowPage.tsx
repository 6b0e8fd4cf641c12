import { Button } from "@mantine/core";
import { IconTopologyStar3 } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { api } from "@/api/client";
import { Problem } from "@/api/problem";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Page } from "@/components/Page";
import { WorkflowView } from "./WorkflowView";

/** One version of a workflow; also one that was unloaded, which sessions may live on still. */
export default function WorkflowPage() {
  const { workflowId = "" } = useParams();
  const { t } = useTranslation("workflows");
  const { data, error, refetch } = api.useQuery("get", "/api/workflows/{workflow_id}/source", {
    params: { path: { workflow_id: workflowId } },
  });
  if (data !== undefined) {
    return <WorkflowView key={workflowId} workflow={data} />;
  }
  return (
    <Page title={t("workflow")}>
      {error === null ? (
        <Loading />
      ) : error instanceof Problem && error.status === 404 ? (
        <EmptyState
          icon={IconTopologyStar3}
          title={t("gone.title")}
          action={
            <Button component={Link} to="/workflows" variant="default" mt="xs">
              {t("gone.list")}
            </Button>
          }
        >
          {t("gone.text")}
        </EmptyState>
      ) : (
        <ErrorState error={error} retry={refetch} />
      )}
    </Page>
  );
}
