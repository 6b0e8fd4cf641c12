import { Accordion, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Diff } from "./Diff";

type Check = Schemas["ConfigCheckResponse"];

/** What an import would do to each file: what is refused, what differs, and which workflows that concerns. */
export function ImportChecks({ checks }: { checks: readonly Check[] }) {
  const { t } = useTranslation("config");
  const changed = checks.filter(({ valid, diff }) => !valid || diff !== "");
  const same = checks.length - changed.length;
  return (
    <div role="status">
      <Text size="sm">
        {checks.every(({ valid }) => valid)
          ? `${t("archive.changes", { count: changed.length })} ${t("archive.same", { count: same })}`
          : t("archive.refused")}
      </Text>
      <Accordion multiple variant="default" chevronPosition="left">
        {changed.map((check) => (
          <Accordion.Item key={check.path} value={check.path}>
            <Accordion.Control>
              <Text size="sm" className="break">
                {check.path}
              </Text>
              <Says check={check} />
            </Accordion.Control>
            <Accordion.Panel>
              <Diff text={check.diff} />
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </div>
  );
}

function Says({ check: { valid, detail, workflows } }: { check: Check }) {
  const { t } = useTranslation("config");
  if (!valid) {
    return (
      <Text size="xs" c="var(--flowdeck-bad)">
        {detail}
      </Text>
    );
  }
  return (
    workflows.length > 0 && (
      <Text size="xs" c="dimmed">
        {t("archive.concerns", { names: workflows.map(({ name }) => name).join(", ") })}
      </Text>
    )
  );
}
