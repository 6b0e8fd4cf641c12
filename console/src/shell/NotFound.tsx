import { Button } from "@mantine/core";
import { IconMapOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { EmptyState } from "@/components/EmptyState";
import { Page } from "@/components/Page";

export function NotFound() {
  const { t } = useTranslation();
  return (
    <Page title={t("notFound.title")}>
      <EmptyState
        icon={IconMapOff}
        title={t("notFound.heading")}
        action={
          <Button component={Link} to="/" mt="xs">
            {t("notFound.home")}
          </Button>
        }
      >
        {t("notFound.text")}
      </EmptyState>
    </Page>
  );
}
