import { Button, Group, Stack } from "@mantine/core";
import { IconFilterOff, IconPlus, IconTopologyStar3 } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api } from "@/api/client";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Page } from "@/components/Page";
import { Pager } from "@/components/Pager";
import { SearchField } from "@/components/SearchField";
import { usePageInRange } from "@/hooks/usePageInRange";
import { useUrlState } from "@/hooks/useUrlState";
import { DeleteName } from "./DeleteName";
import { NEW_PATH } from "./links";
import { UnloadedFiles } from "./UnloadedFiles";
import { useNameToDelete } from "./useNameToDelete";
import { WorkflowTable, type WorkflowSort } from "./WorkflowTable";

const DEFAULTS = { page: 1, page_size: 20, search: "", sort_by: "loaded_at", sort_order: "desc" };
const EVERY_MS = 15_000;

export default function WorkflowsPage() {
  const { t } = useTranslation("workflows");
  const [list, setList] = useUrlState(DEFAULTS);
  const deletion = useNameToDelete();
  const query = {
    page: list.page,
    page_size: list.page_size,
    sort_by: list.sort_by as WorkflowSort,
    sort_order: list.sort_order as "asc" | "desc",
    current: true,
    ...(list.search === "" ? {} : { search: list.search }),
  };
  const { data, error, isPending, isPlaceholderData, refetch } = api.useQuery(
    "get",
    "/api/workflows/",
    { params: { query } },
    { placeholderData: keepPreviousData, refetchInterval: EVERY_MS },
  );
  usePageInRange(isPlaceholderData ? undefined : data, setList);
  const newWorkflow = (
    <Button component={Link} to={NEW_PATH} leftSection={<IconPlus size={14} aria-hidden />}>
      {t("new")}
    </Button>
  );
  return (
    <Page title={t("title")} actions={newWorkflow}>
      <Stack gap="lg">
        <div>
          <Group gap="xs" mb="sm">
            <SearchField
              value={list.search}
              label={t("search")}
              onSearch={(search) => setList({ search }, { replace: true })}
            />
          </Group>
          {error !== null && data === undefined ? (
            <ErrorState error={error} retry={refetch} />
          ) : isPending ? (
            <Loading rows={8} />
          ) : data.total > 0 ? (
            <>
              <WorkflowTable
                workflows={data.workflows}
                stale={isPlaceholderData}
                sort={list}
                onSort={setList}
                onDelete={deletion.ask}
              />
              <Pager
                page={list.page}
                pageSize={list.page_size}
                total={data.total}
                hasNext={data.has_next}
                onChange={setList}
              />
            </>
          ) : list.search !== "" ? (
            <EmptyState
              icon={IconFilterOff}
              title={t("none.filtered")}
              action={
                <Button variant="default" mt="xs" onClick={() => setList({ search: "" })}>
                  {t("none.clear")}
                </Button>
              }
            />
          ) : (
            <EmptyState icon={IconTopologyStar3} title={t("none.title")} action={newWorkflow}>
              {t("none.text")}
            </EmptyState>
          )}
        </div>
        <UnloadedFiles />
      </Stack>
      <DeleteName name={deletion.name} onClose={deletion.close} />
    </Page>
  );
}
