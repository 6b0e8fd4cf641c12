import { ActionIcon, Tabs, Tooltip } from "@mantine/core";
import { useLocalStorage, useMediaQuery } from "@mantine/hooks";
import { IconLayoutSidebarRightCollapse, IconLayoutSidebarRightExpand } from "@tabler/icons-react";
import { useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useUrlState } from "@/hooks/useUrlState";
import { Divider } from "./Divider";
import { type PanelTab, TABS } from "./panel/panelTabs";
import classes from "./split.module.css";

const WIDE = "(min-width: 62em)";
const DEFAULTS = { tab: "" };

interface SplitViewProps {
  chat: ReactNode;
  panel: (tab: PanelTab) => ReactNode;
}

/**
 * The conversation with what stands behind it at its side; where there is no room for both, one of them, chosen by a tab.
 * Where the divider stands, and whether the side is folded away, is remembered; the tab is in the address.
 */
export function SplitView({ chat, panel }: SplitViewProps) {
  const { t } = useTranslation("session");
  const isWide = useMediaQuery(WIDE, false, { getInitialValueInEffect: false });
  const [view, setView] = useUrlState(DEFAULTS);
  const [share, setShare] = useLocalStorage({ key: "flowdeck.session.chat", defaultValue: 50 });
  const [folded, setFolded] = useLocalStorage({ key: "flowdeck.session.folded", defaultValue: false });
  const container = useRef<HTMLDivElement>(null);
  const tab = TABS.find((name) => name === view.tab);
  const choose = (name: string | null) => {
    setView({ tab: name === (isWide ? "graph" : "chat") ? "" : (name ?? "") }, { replace: true });
  };
  if (!isWide) {
    return (
      <div className={classes.narrow}>
        <Strip value={tab ?? "chat"} names={["chat", ...TABS]} onChoose={choose} />
        <div className={classes.only}>{tab === undefined ? chat : panel(tab)}</div>
      </div>
    );
  }
  const fold = (
    <Tooltip label={t(folded ? "panel.unfold" : "panel.fold")}>
      <ActionIcon aria-label={t(folded ? "panel.unfold" : "panel.fold")} onClick={() => setFolded(!folded)}>
        {folded ? (
          <IconLayoutSidebarRightExpand size={16} aria-hidden />
        ) : (
          <IconLayoutSidebarRightCollapse size={16} aria-hidden />
        )}
      </ActionIcon>
    </Tooltip>
  );
  return (
    <div className={classes.wide} ref={container}>
      <div className={classes.chat} style={folded ? undefined : { flexBasis: `${share}%` }}>
        {chat}
        {folded && <div className={classes.unfold}>{fold}</div>}
      </div>
      {!folded && (
        <>
          <Divider container={container} share={share} onChange={setShare} />
          <div className={classes.side}>
            <div className={classes.head}>
              <Strip value={tab ?? "graph"} names={TABS} onChoose={choose} />
              {fold}
            </div>
            <div className={classes.only}>{panel(tab ?? "graph")}</div>
          </div>
        </>
      )}
    </div>
  );
}

interface StripProps {
  value: string;
  names: readonly (PanelTab | "chat")[];
  onChoose: (name: string | null) => void;
}

function Strip({ value, names, onChoose }: StripProps) {
  const { t } = useTranslation("session");
  return (
    <Tabs value={value} onChange={onChoose} className={classes.strip}>
      <Tabs.List aria-label={t("panel.label")}>
        {names.map((name) => (
          <Tabs.Tab key={name} value={name}>
            {t(`tab.${name}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
    </Tabs>
  );
}
