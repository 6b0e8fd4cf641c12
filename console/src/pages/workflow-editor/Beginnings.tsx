import { SimpleGrid, Stack, Text, UnstyledButton } from "@mantine/core";
import { IconFilePlus, IconFileText } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Page } from "@/components/Page";
import { Panel } from "@/components/Panel";
import classes from "./Beginnings.module.css";
import { EMPTY } from "./NewWorkflowPage";

/** What a new workflow can begin with: nothing, or a copy of one that there is. */
export function Beginnings({ paths }: { paths: readonly string[] }) {
  const { t } = useTranslation("workflow-editor");
  return (
    <Page title={t("new.title")} description={t("new.hint")}>
      <Stack gap="lg">
        <UnstyledButton component={Link} to={`?from=${EMPTY}`} className={classes.beginning}>
          <IconFilePlus size={20} stroke={1.5} aria-hidden />
          <span>
            <Text fw={600}>{t("new.empty")}</Text>
            <Text size="xs" c="dimmed">
              {t("new.emptyHint")}
            </Text>
          </span>
        </UnstyledButton>
        {paths.length > 0 && (
          <Panel title={t("new.copies")}>
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="xs" p="xs">
              {paths.map((path) => (
                <UnstyledButton
                  key={path}
                  component={Link}
                  to={`?from=${encodeURIComponent(path)}`}
                  className={classes.beginning}
                >
                  <IconFileText size={20} stroke={1.5} aria-hidden />
                  <span className="break">{path}</span>
                </UnstyledButton>
              ))}
            </SimpleGrid>
          </Panel>
        )}
      </Stack>
    </Page>
  );
}
