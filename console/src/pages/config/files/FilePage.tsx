import { Anchor, Stack, Text } from "@mantine/core";
import { IconFileOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { api, type Schemas } from "@/api/client";
import { Problem } from "@/api/problem";
import { CodeBlock } from "@/components/CodeBlock";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Page } from "@/components/Page";
import { TimeAgo } from "@/components/TimeAgo";
import { useFormat } from "@/hooks/useFormat";
import { useUrlState } from "@/hooks/useUrlState";
import { EditFile } from "./edit/EditFile";
import { FileActions } from "./FileActions";
import { Versions } from "./Versions";

const ROWS = 40;

/** One configuration file: its text, and the versions of it that are kept, a deleted file's too. */
export default function FilePage() {
  const { t } = useTranslation("config");
  const { "*": path = "" } = useParams();
  const { data, error, refetch } = api.useQuery("get", "/api/config/files/{path}", { params: { path: { path } } });
  const gone = error instanceof Problem && error.code === "config_file_not_found";
  const file = gone ? undefined : data;
  const versions = api.useQuery(
    "get",
    "/api/config/files/{path}/versions",
    { params: { path: { path }, query: { page_size: 1 } } },
    { enabled: gone },
  );
  const hasVersions = (versions.data?.total ?? 0) > 0;
  const [{ edit }] = useUrlState({ edit: "" });
  if (edit !== "" && (file?.writable ?? gone)) {
    return <EditFile path={path} file={file} key={path} />;
  }
  return (
    <Page
      title={path}
      description={
        <>
          <Anchor component={Link} to="/config/files" underline="always">
            {t("tab.files")}
          </Anchor>
          {file !== undefined && <About file={file} />}
        </>
      }
      actions={(file !== undefined || gone) && <FileActions path={path} file={file} />}
    >
      {file === undefined && error === null ? (
        <Loading rows={8} />
      ) : file === undefined && !gone ? (
        <ErrorState error={error} retry={refetch} />
      ) : (
        <Stack gap="lg">
          {file === undefined ? (
            <EmptyState icon={IconFileOff} title={t("files.gone")}>
              {hasVersions ? t("files.goneHint") : t("files.neverThere")}
            </EmptyState>
          ) : (
            <>
              {!file.writable && (
                <Text size="sm" c="dimmed">
                  {t("files.readOnly")}
                </Text>
              )}
              <CodeBlock code={file.content} language="yaml" rows={ROWS} />
            </>
          )}
          {(file !== undefined || hasVersions) && <Versions path={path} file={file} />}
        </Stack>
      )}
    </Page>
  );
}

function About({ file }: { file: Schemas["ConfigContentResponse"] }) {
  const { t } = useTranslation("config");
  const format = useFormat();
  return (
    <>
      {` · ${t(`kind.${file.kind}`)} · ${format.bytes(file.size)} · `}
      <TimeAgo at={file.modified_at} />
      {` · ${t(file.loaded ? "files.yes" : "files.no")}`}
    </>
  );
}
