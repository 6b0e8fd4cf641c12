import { Button, Group, Select, Text } from "@mantine/core";
import { IconFilterOff, IconMessages, IconPlus } from "@tabler/icons-react";
import { keepPreviousData, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, client, invalidate, type Schemas } from "@/api/client";
import { BulkDialog } from "@/components/BulkDialog";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Page } from "@/components/Page";
import { Pager } from "@/components/Pager";
import { SearchField } from "@/components/SearchField";
import { WorkflowFilter } from "@/components/WorkflowFilter";
import { useNotify } from "@/hooks/useNotify";
import { usePageInRange } from "@/hooks/usePageInRange";
import { useUrlState } from "@/hooks/useUrlState";
import { NewSession } from "./NewSession";
import { SessionTable } from "./SessionTable";

type SessionStatus = Schemas["SessionResponse"]["status"];
type SessionSort = "created_at" | "updated_at" | "status" | "session_id";

const DEFAULTS = {
  page: 1,
  page_size: 20,
  search: "",
  status: "",
  workflow: "",
  sort_by: "updated_at",
  sort_order: "desc",
};
const STATUSES: SessionStatus[] = ["active", "running", "interrupted", "paused", "completed", "failed", "archived"];
const NONE: ReadonlySet<string> = new Set();
const EVERY_MS = 5_000;

export default function SessionsPage() {
  const { t } = useTranslation(["sessions", "components"]);
  const queries = useQueryClient();
  const notify = useNotify();
  const [list, setList] = useUrlState(DEFAULTS);
  const filters = JSON.stringify([list.search, list.status, list.workflow]);
  const [chosen, setChosen] = useState({ filters, ids: NONE });
  // Kept over pages, but not over filters: nobody archives what is no longer shown.
  const selected = chosen.filters === filters ? chosen.ids : NONE;
  const [asking, setAsking] = useState<"archive" | "delete" | null>(null);
  const [creating, setCreating] = useState(false);
  const query = {
    page: list.page,
    page_size: list.page_size,
    sort_by: list.sort_by as SessionSort,
    sort_order: list.sort_order as "asc" | "desc",
    ...(list.search === "" ? {} : { search: list.search }),
    ...(list.status === "" ? {} : { status: list.status as SessionStatus }),
    ...(list.workflow === "" ? {} : { workflow: list.workflow }),
  };
  const { data, error, isPending, isPlaceholderData, refetch } = api.useQuery(
    "get",
    "/api/sessions/",
    { params: { query } },
    { placeholderData: keepPreviousData, refetchInterval: EVERY_MS },
  );
  usePageInRange(isPlaceholderData ? undefined : data, setList);
  const filtered = list.search !== "" || list.status !== "" || list.workflow !== "";
  const newSession = (
    <Button leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setCreating(true)}>
      {t("new.open")}
    </Button>
  );
  const changed = (done: string) => {
    notify.done(done);
    setChosen({ filters, ids: NONE });
    void invalidate(queries, "/api/sessions/");
  };
  return (
    <Page title={t("title")} actions={newSession}>
      <Group gap="xs" mb="sm">
        <SearchField
          value={list.search}
          label={t("search")}
          onSearch={(search) => setList({ search }, { replace: true })}
        />
        <Select
          aria-label={t("filter.status")}
          placeholder={t("filter.anyStatus")}
          data={STATUSES.map((value) => ({ value, label: t(`components:status.${value}`) }))}
          value={list.status === "" ? null : list.status}
          onChange={(status) => setList({ status: status ?? "" })}
          clearable
          w={150}
        />
        <WorkflowFilter value={list.workflow} onChange={(workflow) => setList({ workflow })} />
        {selected.size > 0 && (
          <Group gap="xs" ml="auto">
            <Text size="sm" c="dimmed" className="number">
              {t("selected", { count: selected.size })}
            </Text>
            <Button variant="default" onClick={() => setAsking("archive")}>
              {t("archive.open")}
            </Button>
            <Button variant="light" color="red" onClick={() => setAsking("delete")}>
              {t("delete.open")}
            </Button>
          </Group>
        )}
      </Group>
      {error !== null && data === undefined ? (
        <ErrorState error={error} retry={refetch} />
      ) : isPending ? (
        <Loading rows={12} />
      ) : data.total > 0 ? (
        <>
          <SessionTable
            sessions={data.sessions}
            stale={isPlaceholderData}
            sort={list}
            onSort={setList}
            selected={selected}
            onSelect={(ids) => setChosen({ filters, ids })}
          />
          <Pager
            page={list.page}
            pageSize={list.page_size}
            total={data.total}
            hasNext={data.has_next}
            onChange={setList}
          />
        </>
      ) : filtered ? (
        <EmptyState
          icon={IconFilterOff}
          title={t("none.filtered")}
          action={
            <Button variant="default" mt="xs" onClick={() => setList({ search: "", status: "", workflow: "" })}>
              {t("none.clear")}
            </Button>
          }
        />
      ) : (
        <EmptyState icon={IconMessages} title={t("none.title")} action={newSession}>
          {t("none.text")}
        </EmptyState>
      )}
      <BulkDialog
        opened={asking === "archive"}
        title={t("archive.title", { count: selected.size })}
        confirm={t("archive.confirm")}
        items={[...selected]}
        act={(session_id) =>
          client.PUT("/api/sessions/{session_id}", { params: { path: { session_id } }, body: { status: "archived" } })
        }
        onDone={(count) => changed(t("archive.done", { count }))}
        onClose={() => setAsking(null)}
      >
        {t("archive.text")}
      </BulkDialog>
      <BulkDialog
        opened={asking === "delete"}
        title={t("delete.title", { count: selected.size })}
        confirm={t("delete.confirm")}
        dangerous
        items={[...selected]}
        act={(session_id) => client.DELETE("/api/sessions/{session_id}", { params: { path: { session_id } } })}
        onDone={(count) => changed(t("delete.done", { count }))}
        onClose={() => setAsking(null)}
      >
        {t("delete.text")}
      </BulkDialog>
      <NewSession opened={creating} onClose={() => setCreating(false)} />
    </Page>
  );
}
