import { Anchor, Button, Checkbox, Group, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Schemas } from "@/api/client";
import { DataTable } from "@/components/DataTable";
import { TimeAgo } from "@/components/TimeAgo";
import { useFormat } from "@/hooks/useFormat";
import { pathOf } from "./links";
import { VersionStanding } from "./VersionStanding";

type Version = Schemas["WorkflowVersionResponse"];

interface VersionTableProps {
  versions: readonly Version[];
  stale: boolean;
  /** The version whose page this is. */
  shown: string;
  /** The ids of those that are compared. */
  chosen: readonly string[];
  onChoose: (workflowId: string) => void;
  /** With the current one. */
  onCompare: (workflowId: string) => void;
  onMakeCurrent: (version: Version) => void;
}

export function VersionTable(props: VersionTableProps) {
  const { versions, stale, shown, chosen, onChoose, onCompare, onMakeCurrent } = props;
  const { t } = useTranslation("workflows");
  const format = useFormat();
  return (
    <DataTable
      label={t("tab.versions")}
      stale={stale}
      head={
        <>
          <Table.Th w={36} aria-label={t("versions.compare")} />
          <Table.Th>{t("column.version")}</Table.Th>
          <Table.Th visibleFrom="sm">{t("column.loaded")}</Table.Th>
          <Table.Th visibleFrom="md" ta="right">
            {t("column.allRuns")}
          </Table.Th>
          <Table.Th visibleFrom="md">{t("column.lastUsed")}</Table.Th>
          <Table.Th aria-label={t("column.actions")} />
        </>
      }
    >
      {versions.map((version) => (
        <Table.Tr
          key={version.workflow_id}
          bg={version.workflow_id === shown ? "var(--flowdeck-hover)" : undefined}
          aria-current={version.workflow_id === shown ? "page" : undefined}
        >
          <Table.Td>
            <Checkbox
              size="xs"
              aria-label={t("versions.choose", { number: version.number })}
              checked={chosen.includes(version.workflow_id)}
              onChange={() => onChoose(version.workflow_id)}
            />
          </Table.Td>
          <Table.Td>
            <Group gap="4px 10px">
              <Anchor
                component={Link}
                to={`${pathOf(version.workflow_id)}?tab=versions`}
                fw={500}
                c="var(--mantine-color-text)"
              >
                {t("versions.number", { number: version.number })}
              </Anchor>
              {version.version !== "" && (
                <Text span size="xs" c="dimmed">
                  {version.version}
                </Text>
              )}
              <VersionStanding version={version} />
            </Group>
          </Table.Td>
          <Table.Td visibleFrom="sm">
            <TimeAgo at={version.loaded_at} />
          </Table.Td>
          <Table.Td visibleFrom="md" ta="right" className="number">
            {format.number(version.usage_count)}
          </Table.Td>
          <Table.Td visibleFrom="md">
            {version.last_used === null ? format.number(null) : <TimeAgo at={version.last_used} />}
          </Table.Td>
          <Table.Td>
            {!version.current && (
              <Group gap={4} justify="flex-end">
                <Button
                  variant="subtle"
                  size="compact-xs"
                  visibleFrom="sm"
                  aria-label={t("versions.compareOf", { number: version.number })}
                  onClick={() => onCompare(version.workflow_id)}
                >
                  {t("versions.compareCurrent")}
                </Button>
                <Button
                  variant="default"
                  size="compact-xs"
                  aria-label={t("current.makeOf", { number: version.number })}
                  onClick={() => onMakeCurrent(version)}
                >
                  {t("current.make")}
                </Button>
              </Group>
            )}
          </Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  );
}
