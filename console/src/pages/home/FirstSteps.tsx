import { Anchor, Button, Code, List, Stack, Text } from "@mantine/core";
import { IconPlayerPlay, IconTopologyStar3 } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, invalidate } from "@/api/client";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";

const EXAMPLE = "configs/workflows/chat.yaml";

/** An installation without sessions: one click starts the example and goes to it. */
export function FirstSteps() {
  const { t } = useTranslation("home");
  const navigate = useNavigate();
  const queries = useQueryClient();
  const create = api.useMutation("post", "/api/sessions/", {
    onSuccess: (session) => {
      void invalidate(queries, "/api/sessions/");
      void navigate(`/sessions/${encodeURIComponent(session.session_id)}`);
    },
  });
  return (
    <Stack maw={560} mx="auto" gap="md">
      <EmptyState
        icon={IconTopologyStar3}
        title={t("first.title")}
        action={
          <Button
            size="sm"
            mt="xs"
            leftSection={<IconPlayerPlay size={15} aria-hidden />}
            loading={create.isPending}
            onClick={() => create.mutate({ body: { workflow_config_path: EXAMPLE } })}
          >
            {t("first.start")}
          </Button>
        }
      >
        {t("first.text")}
      </EmptyState>
      {create.error !== null && <ErrorState error={create.error} />}
      <Text size="sm" fw={600}>
        {t("first.more")}
      </Text>
      <List size="sm" c="dimmed" spacing={6}>
        <List.Item>
          {t("first.terminal")} <Code>flowdeck chat chat</Code>
        </List.Item>
        <List.Item>
          {t("first.write")} <Code>configs/workflows/</Code>
        </List.Item>
        <List.Item>
          {t("first.model")} <Code>configs/models.yaml</Code>
        </List.Item>
        <List.Item>
          {/* Not a page of the console: the browser has to load it. */}
          <Anchor href="/api/docs">{t("first.reference")}</Anchor>
        </List.Item>
      </List>
    </Stack>
  );
}
