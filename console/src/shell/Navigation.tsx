import { UnstyledButton } from "@mantine/core";
import { spotlight } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { NavLink } from "react-router";
import { navRoutes } from "@/app/routes";
import { Brand } from "./Brand";
import { Connection } from "./Connection";
import { HelpMenu } from "./HelpMenu";
import { Keys } from "./Keys";
import { OpenQuestions } from "./OpenQuestions";
import { Preferences } from "./Preferences";
import classes from "./Shell.module.css";
import { useNavTitle } from "./useNavTitle";

export function Navigation({ onShowKeys }: { onShowKeys: () => void }) {
  const { t } = useTranslation();
  const titleOf = useNavTitle();
  return (
    <div className={classes.nav}>
      <div className={classes.top}>
        <Brand />
      </div>
      <UnstyledButton className={classes.search} onClick={spotlight.open} data-testid="open-palette">
        <IconSearch size={14} aria-hidden />
        {t("palette.open")}
        <Keys keys={["mod", "K"]} />
      </UnstyledButton>
      <nav className={classes.links} aria-label={t("nav.pages")}>
        {navRoutes.map(({ path, nav }) => (
          <NavLink key={path} to={path} end={path === "/"} className={classes.link}>
            <nav.icon size={17} stroke={1.6} aria-hidden />
            {titleOf(nav)}
          </NavLink>
        ))}
      </nav>
      <OpenQuestions />
      <div className={classes.foot}>
        <Connection />
        <div className={classes.menus}>
          <HelpMenu onShowKeys={onShowKeys} />
          <Preferences />
        </div>
      </div>
    </div>
  );
}
