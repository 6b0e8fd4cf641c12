import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { IconSearch, IconSearchOff } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { ExportDialog } from "@/components/export/ExportDialog";
import { Loading } from "@/components/Loading";
import { Pager } from "@/components/Pager";
import { SearchField } from "@/components/SearchField";
import { useFormat } from "@/hooks/useFormat";
import { useUrlState } from "@/hooks/useUrlState";
import { ExportFound } from "./ExportFound";
import { ExportSession } from "./ExportSession";
import { Hit } from "./Hit";
import { HistoryTabs } from "./HistoryTabs";
import classes from "./MessageCard.module.css";
import { SearchFilters } from "./SearchFilters";
import { SEARCH, type SearchState, useSearch } from "./useSearch";

const QUERY_LENGTH = 200;
const REACH = 10_000; // as far as the server pages
const NO_FILTERS = { workflow: "", types: "", time: "" };

/** Search over the messages of all sessions. */
export default function HistoryPage() {
  const { t } = useTranslation("history");
  const [state, setState] = useUrlState(SEARCH);
  return (
    <HistoryTabs shown="search" actions={<ExportSession />}>
      <Stack gap="sm">
        <Group gap="xs">
          <SearchField
            wide
            value={state.query}
            label={t("search.label")}
            maxLength={QUERY_LENGTH}
            onSearch={(query) => setState({ query }, { replace: true })}
          />
          <SearchFilters state={state} onChange={setState} />
        </Group>
        {state.query === "" ? (
          <EmptyState icon={IconSearch} title={t("search.title")}>
            {t("search.hint")}
          </EmptyState>
        ) : (
          <Results state={state} onChange={setState} />
        )}
      </Stack>
    </HistoryTabs>
  );
}

interface ResultsProps {
  state: SearchState;
  onChange: (changes: Partial<SearchState>) => void;
}

function Results({ state, onChange }: ResultsProps) {
  const { t } = useTranslation("history");
  const format = useFormat();
  const [exporting, setExporting] = useState<string | null>(null);
  const { found, filter, total, exact, counting, countError, countAll } = useSearch(state);
  const { data, error, isPending, isPlaceholderData, refetch } = found;
  if (error !== null && data === undefined) {
    return <ErrorState error={error} retry={refetch} />;
  }
  if (isPending) {
    return <Loading rows={10} />;
  }
  if (data.total === 0) {
    const filtered = state.workflow !== "" || state.types !== "" || state.time !== "";
    return (
      <EmptyState
        icon={IconSearchOff}
        title={t("none.title", { query: data.query })}
        action={
          filtered && (
            <Button variant="default" mt="xs" onClick={() => onChange(NO_FILTERS)}>
              {t("none.clear")}
            </Button>
          )
        }
      >
        {t("none.hint")}
      </EmptyState>
    );
  }
  const shown = exact ? format.number(total) : `${format.number(total)}+`;
  return (
    <>
      <Group gap="xs" mih={24}>
        <Text size="sm" role="status" data-testid="total">
          {t("found", { count: total, shown })}
        </Text>
        {!exact && (
          <Button variant="subtle" size="compact-xs" loading={counting} onClick={countAll}>
            {t("countAll")}
          </Button>
        )}
        <ExportFound filter={filter} shown={t("found", { count: total, shown })} />
      </Group>
      {countError !== null && <ErrorState error={countError} retry={countAll} />}
      <div className={classes.list} data-stale={isPlaceholderData || undefined}>
        {data.results.map((hit) => (
          <Hit key={`${hit.session_id}/${hit.message_id}`} hit={hit} onExport={() => setExporting(hit.session_id)} />
        ))}
      </div>
      {data.results.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("behind")}{" "}
          <Anchor component="button" onClick={() => onChange({ page: 1 })}>
            {t("first")}
          </Anchor>
        </Text>
      )}
      {total > REACH && state.page * state.page_size >= REACH && (
        <Text size="sm" c="dimmed">
          {t("reach", { shown: format.number(REACH) })}
        </Text>
      )}
      {exporting !== null && (
        <ExportDialog
          title={t("export.this")}
          find={() => Promise.resolve([exporting])}
          onClose={() => setExporting(null)}
        >
          <Text size="sm" className="mono break">
            {exporting}
          </Text>
        </ExportDialog>
      )}
      <Pager
        page={state.page}
        pageSize={state.page_size}
        total={total}
        exact={exact}
        hasNext={data.has_next}
        onChange={onChange}
      />
    </>
  );
}
