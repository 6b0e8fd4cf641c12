import { Accordion, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { Pager } from "@/components/Pager";
import { Panel } from "@/components/Panel";
import { StatusBadge } from "@/components/StatusBadge";
import { TimeAgo } from "@/components/TimeAgo";
import { useFormat } from "@/hooks/useFormat";
import { useMessageOf } from "@/hooks/useMessageOf";
import { Occurrence } from "./Occurrence";
import classes from "./Occurrences.module.css";

interface OccurrencesProps {
  group: Schemas["ErrorGroupDetailResponse"];
  onPage: (changes: { page?: number; page_size?: number }) => void;
}

/** Each time it occurred, the latest first and open: its run, its stack, and the way to try again. */
export function Occurrences({ group, onPage }: OccurrencesProps) {
  const { t } = useTranslation("errors");
  const format = useFormat();
  const messageOf = useMessageOf();
  if (group.total === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("noOccurrences")}
      </Text>
    );
  }
  return (
    <Panel title={t("occurrences")}>
      <Accordion
        multiple
        defaultValue={group.occurrences.slice(0, 1).map(({ occurrence_id }) => occurrence_id)}
        variant="default"
        chevronPosition="left"
        classNames={{
          item: classes.item,
          control: classes.control,
          chevron: classes.chevron,
          label: classes.label,
          content: classes.content,
        }}
      >
        {group.occurrences.map((occurrence) => (
          <Accordion.Item key={occurrence.occurrence_id} value={occurrence.occurrence_id}>
            <Accordion.Control>
              <span className={classes.when}>
                <TimeAgo at={occurrence.occurred_at} />
                {occurrence.count > 1 && ` × ${format.number(occurrence.count)}`}
              </span>
              <span className={classes.where}>{occurrence.session_id ?? t("theServer")}</span>
              {occurrence.run_status !== null && <StatusBadge status={occurrence.run_status} />}
            </Accordion.Control>
            <Accordion.Panel>
              <Occurrence occurrence={occurrence} message={messageOf(group)} />
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
      {(group.has_next || group.page > 1) && (
        <div className={classes.pager}>
          <Pager
            page={group.page}
            pageSize={group.page_size}
            total={group.total}
            hasNext={group.has_next}
            onChange={onPage}
          />
        </div>
      )}
    </Panel>
  );
}
