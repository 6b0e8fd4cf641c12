import { Badge, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Money } from "@/components/Figures";
import { useFormat } from "@/hooks/useFormat";
import type { CallFigures } from "../../trace/spans";

/** What a call to a model used and cost, and how long its first token took. */
export function CallFacts({ call }: { call: CallFigures }) {
  const { t } = useTranslation("session");
  const format = useFormat();
  const figures = [
    [t("call.provider"), call.provider],
    [t("call.prompt"), format.number(call.promptTokens)],
    [t("call.completion"), format.number(call.completionTokens)],
    [t("call.firstToken"), format.duration(call.firstTokenMs)],
  ];
  return (
    <Group gap="4px 16px" mb="xs">
      {figures.map(([name, value]) => (
        <Text key={name} size="xs">
          <Text span c="dimmed" size="xs">
            {name}
          </Text>{" "}
          <span className="number">{value}</span>
        </Text>
      ))}
      <Text size="xs">
        <Text span c="dimmed" size="xs">
          {t("call.cost")}
        </Text>{" "}
        <Money amount={call.cost} currency={call.currency} />
      </Text>
      {call.endReason !== null && (
        <Text size="xs" title={call.providerEndReason ?? undefined}>
          <Text span c="dimmed" size="xs">
            {t("call.endReason")}
          </Text>{" "}
          <span>{t(`endReason.${call.endReason}`, call.endReason)}</span>
        </Text>
      )}
      {call.estimated && <Badge variant="default">{t("cost.estimated")}</Badge>}
      {call.cost === null && call.promptTokens !== null && <Badge variant="default">{t("cost.unpriced")}</Badge>}
    </Group>
  );
}
