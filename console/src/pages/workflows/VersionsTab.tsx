import { Button, Group, Stack, Text } from "@mantine/core";
import { IconArrowsExchange } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Pager } from "@/components/Pager";
import { chosenWith } from "@/hooks/chosenTwo";
import { usePageInRange } from "@/hooks/usePageInRange";
import { useUrlState } from "@/hooks/useUrlState";
import { MakeCurrent } from "./MakeCurrent";
import { VersionDiff } from "./VersionDiff";
import { VersionTable } from "./VersionTable";

type Version = Schemas["WorkflowVersionResponse"];

const PAGING = { page: 1, page_size: 20 };
const COMPARED = { from: "", to: "" };

/** All versions of the name: any two compared, any one made current. */
export function VersionsTab({ workflow }: { workflow: Schemas["WorkflowSourceResponse"] }) {
  const { t } = useTranslation("workflows");
  const [list, setList] = useUrlState(PAGING);
  const [compared, setCompared] = useUrlState(COMPARED);
  const [restored, setRestored] = useState<Version | null>(null);
  const { workflow_id, current_workflow_id } = workflow;
  const { data, error, isPlaceholderData, refetch } = api.useQuery(
    "get",
    "/api/workflows/{workflow_id}/versions",
    { params: { path: { workflow_id }, query: list } },
    { placeholderData: keepPreviousData },
  );
  usePageInRange(isPlaceholderData ? undefined : data, setList);
  if (data === undefined) {
    return error === null ? <Loading rows={5} /> : <ErrorState error={error} retry={refetch} />;
  }
  const numberOf = (id: string) => data.versions.find((version) => version.workflow_id === id)?.number ?? NaN;
  const isOlder = (one: string, other: string) => numberOf(one) < numberOf(other); // not of those on other pages
  const isBoth = compared.from !== "" && compared.to !== "";
  return (
    <Stack gap="md">
      {data.total > 1 && (
        <Group gap="sm" mih={30}>
          <Text size="sm" c="dimmed">
            {t("versions.hint")}
          </Text>
          {isBoth && (
            <Button
              variant="default"
              leftSection={<IconArrowsExchange size={14} aria-hidden />}
              onClick={() => setCompared({ from: compared.to, to: compared.from })}
            >
              {t("versions.swap")}
            </Button>
          )}
        </Group>
      )}
      <div>
        <VersionTable
          versions={data.versions}
          stale={isPlaceholderData}
          shown={workflow_id}
          chosen={[compared.from, compared.to]}
          onChoose={(id) => setCompared((current) => chosenWith(current, id, "", isOlder), { replace: true })}
          onCompare={(id) => current_workflow_id !== null && setCompared({ from: id, to: current_workflow_id })}
          onMakeCurrent={setRestored}
        />
        <Pager
          page={list.page}
          pageSize={list.page_size}
          total={data.total}
          hasNext={data.has_next}
          onChange={setList}
        />
      </div>
      {isBoth && <VersionDiff from={compared.from} to={compared.to} />}
      <MakeCurrent version={restored} onClose={() => setRestored(null)} />
    </Stack>
  );
}
