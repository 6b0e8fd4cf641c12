import { useTranslation } from "react-i18next";
import { useRouteError } from "react-router";
import { reloadIfServed } from "@/app/replaced";
import { ErrorState } from "@/components/ErrorState";
import { Page } from "@/components/Page";

/** What a page shows that could not be drawn; the shell around it stands. */
export function RouteFailure() {
  const { t } = useTranslation();
  const error = useRouteError();
  return (
    <Page title={t("failure")}>
      <ErrorState error={error} retry={() => location.reload()} onBack={reloadIfServed} />
    </Page>
  );
}
