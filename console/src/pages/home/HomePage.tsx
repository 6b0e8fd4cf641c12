import { Grid, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Page } from "@/components/Page";
import { Figures } from "./Figures";
import { FirstSteps } from "./FirstSteps";
import { OpenErrors } from "./OpenErrors";
import { RecentSessions } from "./RecentSessions";
import { UnderWay } from "./UnderWay";
import { RECENT } from "./recent";
import { useHomeIsLive } from "./useHomeIsLive";

const EVERY_MS = 10_000; // sessions that others make and that have not run are not in the pushed figures

export default function HomePage() {
  const { t } = useTranslation("home");
  const recent = api.useQuery("get", "/api/sessions/", RECENT, { refetchInterval: EVERY_MS });
  useHomeIsLive();
  return (
    <Page title={t("title")}>
      {recent.data === undefined ? (
        recent.error === null ? (
          <Loading />
        ) : (
          <ErrorState error={recent.error} retry={recent.refetch} />
        )
      ) : recent.data.total === 0 ? (
        <FirstSteps />
      ) : (
        <Stack gap="lg">
          <Figures />
          <Grid gap="lg">
            <Grid.Col span={{ base: 12, md: 7 }}>
              <RecentSessions sessions={recent.data.sessions} />
            </Grid.Col>
            <Grid.Col span={{ base: 12, md: 5 }}>
              <Stack gap="lg">
                <UnderWay />
                <OpenErrors />
              </Stack>
            </Grid.Col>
          </Grid>
        </Stack>
      )}
    </Page>
  );
}
