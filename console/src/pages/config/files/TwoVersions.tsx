import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Panel } from "@/components/Panel";
import { Diff } from "./Diff";

interface TwoVersionsProps {
  path: string;
  from: number;
  to: number;
}

/** What differs between two versions of a file. */
export function TwoVersions({ path, from, to }: TwoVersionsProps) {
  const { t } = useTranslation("config");
  const { data, error, refetch } = api.useQuery("get", "/api/config/files/{path}/diff", {
    params: { path: { path }, query: { from, to } },
  });
  const title = t("versions.two", { from, to });
  return (
    <Panel title={title}>
      {data !== undefined ? (
        <Diff text={data.diff} label={title} />
      ) : error === null ? (
        <Loading rows={4} />
      ) : (
        <ErrorState error={error} retry={refetch} />
      )}
    </Panel>
  );
}
