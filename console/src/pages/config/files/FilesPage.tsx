import { Anchor, Button, Group, Table, Text } from "@mantine/core";
import { IconDownload, IconPlus, IconUpload } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, client, type Schemas } from "@/api/client";
import { DataTable } from "@/components/DataTable";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { TimeAgo } from "@/components/TimeAgo";
import { saveFile } from "@/hooks/saveFile";
import { useFormat } from "@/hooks/useFormat";
import { useNotify } from "@/hooks/useNotify";
import { ConfigTabs } from "../ConfigTabs";
import { CREATABLE } from "./edit/beginnings";
import { ImportDialog } from "./ImportDialog";
import { editLink, fileLink } from "./links";

const PLUS = <IconPlus size={14} aria-hidden />;

/** Every configuration file; and all of them as one archive, to take away and to bring in. */
export default function FilesPage() {
  const { t } = useTranslation("config");
  const notify = useNotify();
  const [importing, setImporting] = useState(false);
  const [exporting, setExporting] = useState(false);
  const { data, error, refetch } = api.useQuery("get", "/api/config/files");
  const take = async () => {
    setExporting(true);
    try {
      const { data: archive } = await client.GET("/api/config/export", { parseAs: "blob" });
      if (archive !== undefined) {
        saveFile(archive, "flowdeck-config.zip");
      }
    } catch (failure) {
      notify.failed(failure);
    }
    setExporting(false);
  };
  return (
    <ConfigTabs shown="files">
      <Group gap="xs" mb="md">
        <Button variant="default" leftSection={<IconUpload size={14} aria-hidden />} onClick={() => setImporting(true)}>
          {t("archive.import")}
        </Button>
        <Button
          variant="default"
          leftSection={<IconDownload size={14} aria-hidden />}
          loading={exporting}
          onClick={() => void take()}
        >
          {t("archive.export")}
        </Button>
      </Group>
      {data !== undefined ? (
        <>
          <FileTable files={data.files} />
          <Group gap="xs" mt="md">
            {CREATABLE.filter((path) => data.files.every((file) => file.path !== path)).map((path) => (
              <Button key={path} component={Link} to={editLink(path)} variant="default" leftSection={PLUS}>
                {t("edit.create", { path })}
              </Button>
            ))}
            <Button component={Link} to="/workflows/new" variant="default" leftSection={PLUS}>
              {t("files.newWorkflow")}
            </Button>
          </Group>
        </>
      ) : error === null ? (
        <Loading rows={8} />
      ) : (
        <ErrorState error={error} retry={refetch} />
      )}
      {importing && <ImportDialog onClose={() => setImporting(false)} />}
    </ConfigTabs>
  );
}

function FileTable({ files }: { files: readonly Schemas["ConfigFileResponse"][] }) {
  const { t } = useTranslation("config");
  const format = useFormat();
  return (
    <DataTable
      label={t("tab.files")}
      head={
        <>
          <Table.Th>{t("files.path")}</Table.Th>
          <Table.Th visibleFrom="sm">{t("files.kind")}</Table.Th>
          <Table.Th visibleFrom="sm">{t("files.loaded")}</Table.Th>
          <Table.Th visibleFrom="md" ta="right">
            {t("files.size")}
          </Table.Th>
          <Table.Th>{t("files.modified")}</Table.Th>
        </>
      }
    >
      {files.map((file) => (
        <Table.Tr key={file.path}>
          <Table.Td>
            <Anchor component={Link} to={fileLink(file.path)} className="break">
              {file.path}
            </Anchor>
          </Table.Td>
          <Table.Td visibleFrom="sm">{t(`kind.${file.kind}`)}</Table.Td>
          <Table.Td visibleFrom="sm">
            <Text span size="xs" c={file.loaded ? "var(--flowdeck-good)" : "dimmed"}>
              {t(file.loaded ? "files.yes" : "files.no")}
            </Text>
          </Table.Td>
          <Table.Td visibleFrom="md" ta="right" className="number">
            {format.bytes(file.size)}
          </Table.Td>
          <Table.Td>
            <TimeAgo at={file.modified_at} />
          </Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  );
}
