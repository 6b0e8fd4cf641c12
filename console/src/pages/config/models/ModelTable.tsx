import { Button, Table, Text } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { DataTable } from "@/components/DataTable";
import { useFormat } from "@/hooks/useFormat";

type Model = Schemas["ConfiguredModelResponse"];

interface ModelTableProps {
  models: readonly Model[];
  onTest: (model: Model) => void;
}

export function ModelTable({ models, onTest }: ModelTableProps) {
  const { t } = useTranslation("config");
  return (
    <DataTable
      label={t("tab.models")}
      head={
        <>
          <Table.Th>{t("models.name")}</Table.Th>
          <Table.Th visibleFrom="sm">{t("models.provider")}</Table.Th>
          <Table.Th visibleFrom="sm">{t("models.variables")}</Table.Th>
          <Table.Th visibleFrom="md">{t("models.price")}</Table.Th>
          <Table.Th visibleFrom="md">{t("models.limits")}</Table.Th>
          <Table.Th w={1} aria-label={t("models.test")} />
        </>
      }
    >
      {models.map((model) => (
        <Table.Tr key={model.name}>
          <Table.Td miw={176}>
            <Text fw={500} size="sm" className="break">
              {model.name}
            </Text>
            <Text size="xs" c="dimmed" className="break">
              <span className="mono">{model.model}</span>
            </Text>
            <Text size="xs" c="dimmed" hiddenFrom="sm" component="div">
              {model.provider} · <Availability model={model} />
            </Text>
          </Table.Td>
          <Table.Td visibleFrom="sm" miw={168}>
            {model.provider}
            {model.base_url !== null && (
              <Text size="xs" c="dimmed" className="break">
                {model.base_url}
              </Text>
            )}
          </Table.Td>
          <Table.Td visibleFrom="sm">
            <Availability model={model} />
          </Table.Td>
          <Table.Td visibleFrom="md">
            <ModelPrice price={model.price} />
          </Table.Td>
          <Table.Td visibleFrom="md">
            <Limits model={model} />
          </Table.Td>
          <Table.Td>
            <Button
              variant="default"
              leftSection={<IconPlayerPlay size={14} aria-hidden />}
              aria-label={t("models.testOne", { name: model.name })}
              onClick={() => onTest(model)}
            >
              {t("models.test")}
            </Button>
          </Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  );
}

function Availability({ model }: { model: Model }) {
  const { t } = useTranslation("config");
  const { missing_variables: missing, unavailable } = model;
  if (unavailable === null) {
    return (
      <Text span size="xs" c="var(--flowdeck-good)">
        {t("models.complete")}
      </Text>
    );
  }
  return (
    <>
      <Text span size="xs" c="var(--flowdeck-waiting)" className="break">
        {missing.length === 0
          ? t("models.unavailable")
          : t("models.missing", { count: missing.length, variables: missing.join(", ") })}
      </Text>
      {missing.length === 0 && (
        <Text span size="xs" c="dimmed" className="break" display="block">
          {unavailable}
        </Text>
      )}
    </>
  );
}

function ModelPrice({ price }: { price: Model["price"] }) {
  const { t } = useTranslation("config");
  if (price === null) {
    return (
      <Text span size="xs" c="dimmed">
        {t("prices.unknown")}
      </Text>
    );
  }
  const { rates, currency, source } = price;
  const free = Object.values(rates).every((rate) => Number(rate) === 0);
  return (
    <>
      <span className="number">{free ? t("prices.free") : `${rates.input} / ${rates.output} ${currency}`}</span>
      <Text size="xs" c="dimmed">
        {source}
      </Text>
    </>
  );
}

function Limits({ model }: { model: Model }) {
  const { t } = useTranslation("config");
  const format = useFormat();
  const said = [
    format.duration(model.timeout_seconds * 1000),
    t("models.retries", { count: model.retries }),
    ...(model.max_tokens === null ? [] : [t("models.maxTokens", { shown: format.number(model.max_tokens) })]),
    ...(model.temperature === null ? [] : [t("models.temperature", { shown: format.number(model.temperature) })]),
  ];
  return (
    <>
      <span className="number">{said.join(" · ")}</span>
      {model.fallbacks.length > 0 && (
        <Text size="xs" c="dimmed" className="break">
          {t("models.fallbacks", { names: model.fallbacks.join(", ") })}
        </Text>
      )}
    </>
  );
}
