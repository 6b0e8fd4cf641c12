import { CloseButton, Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { stringify } from "yaml";
import { CodeBlock } from "@/components/CodeBlock";
import { summaryOf, TypeIcon } from "@/components/graph/nodeLooks";
import type { GraphEdge, GraphNode } from "@/components/graph/types";
import { Panel } from "@/components/Panel";
import type { NodeFigures } from "./heat";
import { NodeFiguresList } from "./NodeFiguresList";
import classes from "./Facts.module.css";

interface NodePanelProps {
  node: GraphNode;
  edges: readonly GraphEdge[];
  figures: readonly NodeFigures[];
  onClose: () => void;
}

/** A node: what it is set up to do, where it leads, and what it did of late. */
export function NodePanel({ node, edges, figures, onClose }: NodePanelProps) {
  const { t } = useTranslation(["workflows", "components"]);
  const own = figures.find((one) => one.path.length === 0 && one.node === node.id);
  const within = figures.filter(({ path }) => path[0] === node.id);
  const ways = edges.filter(({ from }) => from === node.id);
  const { description } = node;
  return (
    <Stack gap="md" component="section" aria-label={t("nodeOf", { name: node.id })}>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <TypeIcon type={node.type} size={20} />
        <div className={classes.head}>
          <Text fw={600} className="break">
            {node.id}
          </Text>
          <Text size="xs" c="dimmed" className="break">
            {summaryOf(node)}
          </Text>
        </div>
        <CloseButton size="sm" aria-label={t("closeNode")} onClick={onClose} />
      </Group>
      {description != null && description !== "" && <Text size="sm">{description}</Text>}
      <Panel title={t("lately")}>
        {own === undefined ? <p className={classes.nothing}>{t("notExecuted")}</p> : <NodeFiguresList figures={own} />}
      </Panel>
      {within.map((one) => (
        <Panel key={[...one.path, one.node].join("/")} title={[...one.path, one.node].join("/")}>
          <NodeFiguresList figures={one} />
        </Panel>
      ))}
      {ways.length > 0 && (
        <Panel title={t("leadsTo")}>
          <dl className={classes.facts}>
            {ways.map(({ to, when }, index) => (
              <div key={index} className={classes.way}>
                <dt>→ {to}</dt>
                <dd className="mono break">{when ?? (ways.length > 1 ? t("components:graph.otherwise") : "")}</dd>
              </div>
            ))}
          </dl>
        </Panel>
      )}
      {Object.keys(node.config).length > 0 && (
        <section>
          <Text component="h2" size="sm" fw={600}>
            {t("configuration")}
          </Text>
          <CodeBlock code={stringify(node.config, { lineWidth: 0 })} language="yaml" rows={30} />
        </section>
      )}
    </Stack>
  );
}
