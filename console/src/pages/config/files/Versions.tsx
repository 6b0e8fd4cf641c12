import { Button, Checkbox, Group, Table, Text } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { DataTable } from "@/components/DataTable";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Pager } from "@/components/Pager";
import { Panel } from "@/components/Panel";
import { TimeAgo } from "@/components/TimeAgo";
import { chosenWith } from "@/hooks/chosenTwo";
import { usePageInRange } from "@/hooks/usePageInRange";
import { useUrlState } from "@/hooks/useUrlState";
import { CompareDialog } from "./CompareDialog";
import { TwoVersions } from "./TwoVersions";

const DEFAULTS = { page: 1, page_size: 20 };
const COMPARED = { from: 0, to: 0 };

type Version = Schemas["ConfigVersionResponse"];

interface VersionsProps {
  path: string;
  /** The file as it is; left out where it was deleted. */
  file: Schemas["ConfigContentResponse"] | undefined;
}

/** Every text that was saved, newest first: any two compared, each compared with the file and restored. */
export function Versions({ path, file }: VersionsProps) {
  const { t } = useTranslation("config");
  const [query, setState] = useUrlState(DEFAULTS);
  const [chosen, setChosen] = useUrlState(COMPARED);
  const [compared, setCompared] = useState<Version | null>(null);
  const { data, error, refetch, isPlaceholderData } = api.useQuery(
    "get",
    "/api/config/files/{path}/versions",
    { params: { path: { path }, query } },
    { placeholderData: keepPreviousData },
  );
  usePageInRange(data, setState);
  if (data === undefined) {
    return error === null ? <Loading rows={4} /> : <ErrorState error={error} retry={refetch} />;
  }
  return (
    <div>
      <Panel title={t("versions.title")}>
        {data.total === 0 ? (
          <Text size="sm" c="dimmed" p="sm">
            {t("versions.none")}
          </Text>
        ) : (
          <DataTable
            label={t("versions.title")}
            stale={isPlaceholderData}
            head={
              <>
                <Table.Th w={36} aria-label={t("versions.choose")} />
                <Table.Th>{t("versions.number")}</Table.Th>
                <Table.Th>{t("versions.origin")}</Table.Th>
                <Table.Th visibleFrom="sm">{t("versions.by")}</Table.Th>
                <Table.Th visibleFrom="sm">{t("versions.at")}</Table.Th>
                <Table.Th w={1} aria-label={t("versions.compare")} />
              </>
            }
          >
            {data.versions.map((version) => (
              <Table.Tr key={version.number}>
                <Table.Td>
                  {version.etag !== null && (
                    <Checkbox
                      size="xs"
                      aria-label={t("versions.chooseOne", { number: version.number })}
                      checked={chosen.from === version.number || chosen.to === version.number}
                      onChange={() =>
                        setChosen((current) => chosenWith(current, version.number, 0, isBefore), { replace: true })
                      }
                    />
                  )}
                </Table.Td>
                <Table.Td className="number">{version.number}</Table.Td>
                <Table.Td>
                  <Origin version={version} />
                </Table.Td>
                <Table.Td visibleFrom="sm">{version.created_by}</Table.Td>
                <Table.Td visibleFrom="sm">
                  <TimeAgo at={version.created_at} />
                </Table.Td>
                <Table.Td>
                  <Group justify="flex-end" wrap="nowrap">
                    {version.etag !== null && version.etag === file?.etag ? (
                      <Text size="xs" c="dimmed" className="nowrap">
                        {t("versions.same")}
                      </Text>
                    ) : (
                      version.etag !== null && (
                        <Button
                          variant="default"
                          aria-label={t("versions.compareOne", { number: version.number })}
                          onClick={() => setCompared(version)}
                        >
                          {t("versions.compare")}
                        </Button>
                      )
                    )}
                  </Group>
                </Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        )}
      </Panel>
      {(data.has_next || data.page > 1) && (
        <Pager
          page={data.page}
          pageSize={data.page_size}
          total={data.total}
          hasNext={data.has_next}
          onChange={setState}
        />
      )}
      {chosen.from > 0 && chosen.to > 0 && <TwoVersions path={path} {...chosen} />}
      {compared !== null && (
        <CompareDialog path={path} version={compared} file={file} onClose={() => setCompared(null)} />
      )}
    </div>
  );
}

function Origin({ version }: { version: Version }) {
  const { t } = useTranslation("config");
  return version.restored_from === null
    ? t(`origin.${version.origin}`)
    : t("origin.restoredFrom", { number: version.restored_from });
}

function isBefore(one: number, other: number): boolean {
  return one < other;
}
