import { useDebouncedValue } from "@mantine/hooks";
import { Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from "@mantine/spotlight";
import { IconMessages, IconSearch, IconTopologyStar3 } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api } from "@/api/client";
import { navRoutes } from "@/app/routes";
import { useNavTitle } from "./useNavTitle";

const FOUND = 6;
const PAUSE_MS = 150;

/** Ctrl-K: go to a page, to a session or to a workflow by typing a part of its name. The server does the looking. */
export function CommandPalette() {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const groups = [usePages(typed), useSessions(typed), useWorkflows(typed)].filter(({ actions }) => actions.length > 0);
  return (
    <Spotlight
      actions={groups}
      query={typed}
      onQueryChange={setTyped}
      // Not on close, which ends after a transition: who has opened it again by then is typing already.
      clearQueryOnClose={false}
      onSpotlightOpen={() => setTyped("")}
      tagsToIgnore={[]}
      filter={(_, actions) => actions}
      shortcut="mod + K"
      nothingFound={t("palette.nothing")}
      highlightQuery
      scrollable
      maxHeight={420}
      centered={false}
      yOffset="12vh"
      overlayProps={{ backgroundOpacity: 0.35, blur: 0 }}
      searchProps={{
        leftSection: <IconSearch size={17} aria-hidden />,
        placeholder: t("palette.placeholder"),
        "aria-label": t("palette.placeholder"),
      }}
    />
  );
}

function usePages(typed: string): SpotlightActionGroupData {
  const { t } = useTranslation();
  const titleOf = useNavTitle();
  const navigate = useNavigate();
  const wanted = typed.trim().toLowerCase();
  const actions = navRoutes
    .map(({ path, nav }): SpotlightActionData => ({
      id: `page:${path}`,
      label: titleOf(nav),
      leftSection: <nav.icon size={17} stroke={1.6} aria-hidden />,
      onClick: () => void navigate(path),
    }))
    .filter(({ label }) => label?.toLowerCase().includes(wanted));
  return { group: t("palette.pages"), actions };
}

function useSessions(typed: string): SpotlightActionGroupData {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [search] = useDebouncedValue(typed.trim(), PAUSE_MS);
  const query = { search, page_size: FOUND };
  const { data } = api.useQuery(
    "get",
    "/api/sessions/",
    { params: { query } },
    { enabled: search !== "", placeholderData: keepPreviousData },
  );
  const actions = (search === "" ? [] : (data?.sessions ?? [])).map((session): SpotlightActionData => ({
    id: `session:${session.session_id}`,
    label: session.title ?? session.session_id,
    description: session.title === null ? session.workflow_config_path : session.session_id,
    leftSection: <IconMessages size={17} stroke={1.6} aria-hidden />,
    onClick: () => void navigate(`/sessions/${encodeURIComponent(session.session_id)}`),
  }));
  return { group: t("palette.sessions"), actions };
}

function useWorkflows(typed: string): SpotlightActionGroupData {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [search] = useDebouncedValue(typed.trim(), PAUSE_MS);
  const query = { search, current: true, page_size: FOUND };
  const { data } = api.useQuery(
    "get",
    "/api/workflows/",
    { params: { query } },
    { enabled: search !== "", placeholderData: keepPreviousData },
  );
  const actions = (search === "" ? [] : (data?.workflows ?? [])).map((workflow): SpotlightActionData => ({
    id: `workflow:${workflow.workflow_id}`,
    label: workflow.name,
    description: workflow.workflow_id,
    leftSection: <IconTopologyStar3 size={17} stroke={1.6} aria-hidden />,
    onClick: () => void navigate(`/workflows/${encodeURIComponent(workflow.workflow_id)}`),
  }));
  return { group: t("palette.workflows"), actions };
}
