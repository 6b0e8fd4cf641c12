import { Alert, Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { IconFileDiff, IconHistory } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import type { Schemas } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { useNotify } from "@/hooks/useNotify";
import { pathOf } from "./links";
import { useLoadedFiles } from "./useLoadedFiles";
import { useLoadFile } from "./useLoadFile";

/** What whoever looks at this version must not overlook: that another is current, or that the file has changed. */
export function Notices({ workflow }: { workflow: Schemas["WorkflowSourceResponse"] }) {
  const { t } = useTranslation("workflows");
  const { current, loaded, current_workflow_id } = workflow;
  return (
    <Stack gap="xs" mb="sm">
      {!current && (
        <Alert variant="light" color="gray" p="xs" icon={<IconHistory size={16} aria-hidden />}>
          <Text size="sm">
            {t(loaded ? "notice.older" : "notice.unloaded")}{" "}
            {current_workflow_id !== null && (
              <Anchor component={Link} to={pathOf(current_workflow_id)}>
                {t("notice.toCurrent")}
              </Anchor>
            )}
          </Text>
        </Alert>
      )}
      <FileChanged workflow={workflow} />
    </Stack>
  );
}

function FileChanged({ workflow }: { workflow: Schemas["WorkflowSourceResponse"] }) {
  const { t } = useTranslation("workflows");
  const navigate = useNavigate();
  const notify = useNotify();
  const file = useLoadedFiles().changedOf(workflow.workflow_id);
  const { load, loading, error } = useLoadFile(({ workflow_id, number }) => {
    notify.done(t("file.loaded", { number }));
    void navigate(pathOf(workflow_id));
  });
  if (file === undefined) {
    return null;
  }
  return (
    <Alert variant="light" color="yellow" p="xs" icon={<IconFileDiff size={16} aria-hidden />}>
      <Group gap="sm">
        <Text size="sm">{t("notice.fileChanged")}</Text>
        <Button variant="default" loading={loading !== undefined} onClick={() => load(file.path)}>
          {t("file.load")}
        </Button>
      </Group>
      {error !== null && <ErrorState error={error} />}
    </Alert>
  );
}
