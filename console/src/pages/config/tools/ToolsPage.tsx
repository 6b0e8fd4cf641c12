import { Accordion, Badge, Text } from "@mantine/core";
import { IconTool } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Panel } from "@/components/Panel";
import { ConfigTabs } from "../ConfigTabs";
import { ToolArguments } from "./ToolArguments";
import classes from "./ToolsPage.module.css";

/** The tools that nodes and agents may call, with what they take. */
export default function ToolsPage() {
  const { t } = useTranslation("config");
  const { data, error, refetch } = api.useQuery("get", "/api/config/tools");
  if (data === undefined || data.total === 0) {
    return (
      <ConfigTabs shown="tools">
        {data !== undefined ? (
          <EmptyState icon={IconTool} title={t("tools.none")}>
            {t("tools.noneHint")}
          </EmptyState>
        ) : error === null ? (
          <Loading rows={6} />
        ) : (
          <ErrorState error={error} retry={refetch} />
        )}
      </ConfigTabs>
    );
  }
  return (
    <ConfigTabs shown="tools">
      <Panel title={t("tools.count", { count: data.total })}>
        <Accordion
          multiple
          variant="default"
          chevronPosition="left"
          classNames={{ item: classes.item, control: classes.control, label: classes.label }}
        >
          {data.tools.map((tool) => (
            <Accordion.Item key={tool.name} value={tool.name}>
              <Accordion.Control>
                <span className={classes.name}>{tool.name}</span>
                <Badge variant="light" color="gray" className={classes.type}>
                  {tool.type}
                </Badge>
                {tool.unavailable !== null && (
                  <Badge variant="light" color="red" className={classes.type}>
                    {t("tools.unavailable")}
                  </Badge>
                )}
                <Text span size="xs" c="dimmed" className={classes.description}>
                  {tool.description}
                </Text>
              </Accordion.Control>
              <Accordion.Panel>
                {tool.unavailable === null ? (
                  <ToolArguments schema={tool.arguments} />
                ) : (
                  <Text size="sm" className={classes.reason}>
                    {tool.unavailable}
                  </Text>
                )}
              </Accordion.Panel>
            </Accordion.Item>
          ))}
        </Accordion>
      </Panel>
    </ConfigTabs>
  );
}
