import { Tabs } from "@mantine/core";
import { IconCode, IconHistory, IconTopologyStar3 } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Page } from "@/components/Page";
import { useUrlState } from "@/hooks/useUrlState";
import { GraphTab } from "./GraphTab";
import { Notices } from "./Notices";
import { RunDialog } from "./RunDialog";
import { SourceTab } from "./SourceTab";
import { VersionsTab } from "./VersionsTab";
import { WorkflowActions } from "./WorkflowActions";
import { WorkflowFacts } from "./WorkflowFacts";

const DEFAULTS = { tab: "graph", run: "" };

export function WorkflowView({ workflow }: { workflow: Schemas["WorkflowSourceResponse"] }) {
  const { t } = useTranslation("workflows");
  const [{ tab, run }, setView] = useUrlState(DEFAULTS);
  return (
    <Page title={workflow.name} actions={<WorkflowActions workflow={workflow} onRun={() => setView({ run: "new" })} />}>
      <WorkflowFacts workflow={workflow} />
      <Notices workflow={workflow} />
      <Tabs value={tab} onChange={(chosen) => setView({ tab: chosen ?? DEFAULTS.tab })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="graph" leftSection={<IconTopologyStar3 size={14} aria-hidden />}>
            {t("tab.graph")}
          </Tabs.Tab>
          <Tabs.Tab value="source" leftSection={<IconCode size={14} aria-hidden />}>
            {t("tab.source")}
          </Tabs.Tab>
          <Tabs.Tab value="versions" leftSection={<IconHistory size={14} aria-hidden />}>
            {t("tab.versions")}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="graph">
          <GraphTab workflow={workflow} />
        </Tabs.Panel>
        <Tabs.Panel value="source">
          <SourceTab workflow={workflow} />
        </Tabs.Panel>
        <Tabs.Panel value="versions">
          <VersionsTab workflow={workflow} />
        </Tabs.Panel>
      </Tabs>
      <RunDialog
        workflow={workflow}
        opened={workflow.loaded && run !== ""}
        onClose={() => setView({ run: "" }, { replace: true })}
      />
    </Page>
  );
}
