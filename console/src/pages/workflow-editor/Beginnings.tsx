import { SimpleGrid, Stack, Text, UnstyledButton } from "@mantine/core";
import { IconFilePlus, IconFileText } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Page } from "@/components/Page";
import type { WorkflowFile } from "@/components/workflows/useWorkflowFiles";
import { WorkflowSummary } from "@/components/workflows/WorkflowSummary";
import choices from "@/components/workflows/Choice.module.css";
import { EMPTY } from "./NewWorkflowPage";

/** What a new workflow can begin with: nothing, or a copy of one that there is. */
export function Beginnings({ files }: { files: readonly WorkflowFile[] }) {
  const { t } = useTranslation("workflow-editor");
  return (
    <Page title={t("new.title")} description={t("new.hint")}>
      <Stack gap="lg">
        <UnstyledButton component={Link} to={`?from=${EMPTY}`} className={choices.choice}>
          <IconFilePlus size={20} stroke={1.5} aria-hidden />
          <span>
            <Text span fw={600} size="sm" display="block">
              {t("new.empty")}
            </Text>
            <Text span size="xs" c="dimmed">
              {t("new.emptyHint")}
            </Text>
          </span>
        </UnstyledButton>
        {files.length > 0 && (
          <section aria-labelledby="copies">
            <Text component="h2" id="copies" size="sm" fw={600} mt={0} mb={6}>
              {t("new.copies")}
            </Text>
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="xs">
              {files.map((file) => (
                <UnstyledButton
                  key={file.path}
                  component={Link}
                  to={`?from=${encodeURIComponent(file.path)}`}
                  className={choices.choice}
                >
                  <IconFileText size={20} stroke={1.5} aria-hidden />
                  <WorkflowSummary file={file} />
                </UnstyledButton>
              ))}
            </SimpleGrid>
          </section>
        )}
      </Stack>
    </Page>
  );
}
