import { Anchor, List, Loader, SimpleGrid, Stack, Text, UnstyledButton } from "@mantine/core";
import { IconPlayerPlay, IconTopologyStar3 } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { Trans, useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { api, invalidate } from "@/api/client";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { useWorkflowFiles } from "@/components/workflows/useWorkflowFiles";
import { WorkflowSummary } from "@/components/workflows/WorkflowSummary";
import choices from "@/components/workflows/Choice.module.css";

/** An installation without sessions: one click starts a workflow and goes to its session. */
export function FirstSteps() {
  const { t } = useTranslation("home");
  return (
    <Stack maw={920} mx="auto" gap="md">
      <EmptyState icon={IconTopologyStar3} title={t("first.title")}>
        {t("first.text")}
      </EmptyState>
      <Examples />
      <Text component="h2" size="sm" fw={600} m={0}>
        {t("first.more")}
      </Text>
      <List size="sm" c="dimmed" spacing={6}>
        <List.Item>
          <Anchor component={Link} to="/workflows/new" size="sm">
            {t("first.write")}
          </Anchor>
        </List.Item>
        <List.Item>
          <Anchor component={Link} to="/config/files/models.yaml" size="sm">
            {t("first.model")}
          </Anchor>
        </List.Item>
        <List.Item>
          {/* Not a page of the console: the browser has to load it. */}
          <Anchor href="/api/docs" size="sm">
            {t("first.reference")}
          </Anchor>
        </List.Item>
        <List.Item>
          <Trans t={t} i18nKey="first.terminal" components={{ code: <code className="mono" /> }} />
        </List.Item>
      </List>
    </Stack>
  );
}

/** Every workflow file that can be loaded, as a card that starts a session on it. */
function Examples() {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { files, error, refetch } = useWorkflowFiles();
  const create = api.useMutation("post", "/api/sessions/", {
    onSuccess: (session) => {
      void invalidate(queries, "/api/sessions/", "/api/workflows/");
      void navigate(`/sessions/${encodeURIComponent(session.session_id)}`);
    },
  });
  if (files === undefined) {
    return error === null ? <Loading rows={4} /> : <ErrorState error={error} retry={refetch} />;
  }
  const starting = create.isPending ? create.variables.body.workflow_config_path : undefined;
  return (
    <>
      {create.error !== null && <ErrorState error={create.error} />}
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xs">
        {files
          .filter(({ code }) => code === null)
          .map((file) => (
            <UnstyledButton
              key={file.config_path}
              className={choices.choice}
              disabled={create.isPending}
              onClick={() => create.mutate({ body: { workflow_config_path: file.config_path } })}
            >
              {starting === file.config_path ? (
                <Loader size={18} />
              ) : (
                <IconPlayerPlay size={18} stroke={1.6} aria-hidden />
              )}
              <WorkflowSummary file={file} />
            </UnstyledButton>
          ))}
      </SimpleGrid>
    </>
  );
}
