import { IconCpu } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { ConfigTabs } from "../ConfigTabs";
import { ModelTable } from "./ModelTable";
import { ModelTest } from "./ModelTest";

/** The models that runs get now, and a way to ask each of them once. */
export default function ModelsPage() {
  const { t } = useTranslation("config");
  const [tested, setTested] = useState<Schemas["ConfiguredModelResponse"] | null>(null);
  const { data, error, refetch } = api.useQuery("get", "/api/config/models");
  return (
    <ConfigTabs shown="models">
      {data === undefined ? (
        error === null ? (
          <Loading rows={6} />
        ) : (
          <ErrorState error={error} retry={refetch} />
        )
      ) : data.total === 0 ? (
        <EmptyState icon={IconCpu} title={t("models.none")}>
          {t("models.noneHint")}
        </EmptyState>
      ) : (
        <ModelTable models={data.models} onTest={setTested} />
      )}
      {tested !== null && <ModelTest key={tested.name} model={tested} onClose={() => setTested(null)} />}
    </ConfigTabs>
  );
}
