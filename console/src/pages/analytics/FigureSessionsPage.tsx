import { Anchor, Button, Group, Table, Text } from "@mantine/core";
import { IconArrowLeft, IconMessages } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useSearchParams } from "react-router";
import { api, type Schemas } from "@/api/client";
import { DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Page } from "@/components/Page";
import { Pager } from "@/components/Pager";
import { StatusBadge } from "@/components/StatusBadge";
import { TimeAgo } from "@/components/TimeAgo";
import { useFormat } from "@/hooks/useFormat";
import { useUrlState } from "@/hooks/useUrlState";
import type { Figure, Unit } from "./figures";
import { useUnits } from "./useUnits";

type Part = Schemas["FigureSessionResponse"];

const UNITS: Record<Figure, Unit> = {
  sessions: "count",
  requests: "count",
  failed: "count",
  response_time: "duration",
  time_to_first_token: "duration",
  errors: "count",
  calls: "count",
  failed_calls: "count",
  call_time: "duration",
  call_first_token: "duration",
  tokens: "count",
  estimated: "count",
  cost: "money",
  unpriced: "count",
};
const DEFAULTS = {
  page: 1,
  page_size: 20,
  figure: "requests",
  start_time: "",
  end_time: "",
  workflow: "",
  model: "",
  node: "",
  currency: "",
};

/** The sessions that a figure is made of, those with the largest part first. */
export default function FigureSessionsPage() {
  const { t } = useTranslation("analytics");
  const format = useFormat();
  const navigate = useNavigate();
  const [list, setList] = useUrlState(DEFAULTS);
  const figure = list.figure in UNITS ? (list.figure as Figure) : "requests";
  const path = useSearchParams()[0].get("path"); // empty: the main graph; none: any
  const given = Object.fromEntries(
    (["start_time", "end_time", "workflow", "model", "node", "currency"] as const)
      .filter((name) => list[name] !== "")
      .map((name) => [name, list[name]]),
  );
  const query = { figure, page: list.page, page_size: list.page_size, ...given, ...(path === null ? {} : { path }) };
  const { data, error, isPending, isPlaceholderData, refetch } = api.useQuery(
    "get",
    "/api/analytics/sessions",
    { params: { query } },
    { placeholderData: keepPreviousData },
  );
  const node = [path, list.node].filter(Boolean).join("/");
  const bounds = [
    list.start_time === "" ? "" : `${format.dateTime(list.start_time)} – ${format.dateTime(list.end_time || null)}`,
    list.workflow,
    node,
    list.model,
    list.currency,
  ].filter((part) => part !== "");
  return (
    <Page
      title={t(`figure.${figure}`)}
      description={bounds.join(" · ")}
      actions={
        <Button
          variant="default"
          leftSection={<IconArrowLeft size={14} aria-hidden />}
          onClick={() => void (window.history.length > 1 ? navigate(-1) : navigate("/analytics"))}
        >
          {t("sessions.back")}
        </Button>
      }
    >
      {error !== null && data === undefined ? (
        <ErrorState error={error} retry={refetch} />
      ) : isPending ? (
        <Loading rows={12} />
      ) : data.sessions.length === 0 ? (
        <EmptyState icon={IconMessages} title={t("sessions.none")}>
          {t("sessions.noneText")}
        </EmptyState>
      ) : (
        <>
          <DataTable
            label={t(`figure.${figure}`)}
            stale={isPlaceholderData}
            head={
              <>
                <Table.Th>{t("sessions.session")}</Table.Th>
                <Table.Th visibleFrom="sm">{t("sessions.status")}</Table.Th>
                {figure !== "sessions" && <Table.Th ta="right">{t(`part.${figure}`)}</Table.Th>}
                <Table.Th visibleFrom="sm">
                  {figure === "sessions" ? t("sessions.created") : t("sessions.latest")}
                </Table.Th>
              </>
            }
          >
            {data.sessions.map((part) => (
              <Row key={`${part.session.session_id}:${part.currency ?? ""}`} part={part} figure={figure} />
            ))}
          </DataTable>
          <Pager
            page={list.page}
            pageSize={list.page_size}
            total={data.total}
            exact={data.total_is_exact}
            hasNext={data.has_next}
            onChange={setList}
          />
        </>
      )}
    </Page>
  );
}

function Row({ part: { session, value, currency, latest }, figure }: { part: Part; figure: Figure }) {
  const units = useUnits();
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap="xs" wrap="nowrap">
          <Anchor component={Link} to={`/sessions/${encodeURIComponent(session.session_id)}`} className="break">
            {session.title ?? session.session_id}
          </Anchor>
        </Group>
        {session.title !== null && (
          <Text size="xs" c="dimmed" className="mono break">
            {session.session_id}
          </Text>
        )}
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <StatusBadge status={session.status} />
      </Table.Td>
      {figure !== "sessions" && (
        <Table.Td ta="right" className="number">
          {units(UNITS[figure], currency ?? undefined).full(value === null ? null : Number(value))}
        </Table.Td>
      )}
      <Table.Td visibleFrom="sm">
        <TimeAgo at={latest} />
      </Table.Td>
    </Table.Tr>
  );
}
