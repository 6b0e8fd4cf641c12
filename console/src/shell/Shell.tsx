import { AppShell, Burger, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Outlet, useLocation, useNavigation } from "react-router";
import { Loading } from "@/components/Loading";
import { Brand } from "./Brand";
import { Connection } from "./Connection";
import { CommandPalette } from "./CommandPalette";
import { Navigation } from "./Navigation";
import { OpenQuestions } from "./OpenQuestions";
import classes from "./Shell.module.css";
import { Shortcuts } from "./Shortcuts";

/** The frame around all pages: a navigation at the side, which is a drawer on a phone. */
export function Shell() {
  const { t } = useTranslation();
  const [opened, { toggle, close }] = useDisclosure(false);
  const [keysOpened, keys] = useDisclosure(false);
  const { pathname } = useLocation();
  const loading = useNavigation().state !== "idle";
  useEffect(close, [pathname, close]);
  return (
    <AppShell
      navbar={{ width: 212, breakpoint: "sm", collapsed: { mobile: !opened } }}
      header={{ height: { base: 48, sm: 0 } }}
      transitionDuration={150}
    >
      <a href="#content" className={classes.skip}>
        {t("skip")}
      </a>
      <AppShell.Header hiddenFrom="sm" className={classes.header}>
        <Group h="100%" px="sm" gap="xs" wrap="nowrap">
          <Burger opened={opened} onClick={toggle} size="sm" aria-label={t("nav.toggle")} aria-expanded={opened} />
          <Brand />
          <Group ml="auto" gap="xs" wrap="nowrap">
            <Connection compact />
            <OpenQuestions compact />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={classes.navbar} aria-label={t("nav.label")}>
        <Navigation onShowKeys={keys.open} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
        {loading && <div className={classes.progress} aria-hidden />}
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </AppShell.Main>
      <CommandPalette />
      <Shortcuts opened={keysOpened} onOpen={keys.open} onClose={keys.close} />
    </AppShell>
  );
}
