import { ActionIcon, Group, Select, Text } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/hooks/useFormat";

export const PAGE_SIZES = [20, 50, 100];

interface PagerProps {
  page: number;
  pageSize: number;
  total: number;
  hasNext: boolean;
  /** Whether `total` is all there is, or only as far as was counted. */
  exact?: boolean;
  onChange: (changes: { page?: number; page_size?: number }) => void;
}

/** Below a list: which rows of how many, on and back, and how many a page has. */
export function Pager({ page, pageSize, total, hasNext, exact = true, onChange }: PagerProps) {
  const { t } = useTranslation("components");
  const format = useFormat();
  const last = Math.min(page * pageSize, total);
  const values = {
    first: format.number(total === 0 ? 0 : (page - 1) * pageSize + 1),
    last: format.number(last),
    total: exact ? format.number(total) : `${format.number(total)}+`,
  };
  return (
    <Group justify="space-between" gap="sm" pt="xs">
      <Text size="xs" c="dimmed" className="number" data-testid="pager-range">
        {t("pager.range", values)}
      </Text>
      <Group gap="xs">
        <Select
          aria-label={t("pager.size")}
          data={PAGE_SIZES.map((size) => ({ value: String(size), label: t("pager.perPage", { count: size }) }))}
          value={String(pageSize)}
          onChange={(size) => onChange({ page_size: Number(size), page: 1 })}
          allowDeselect={false}
          w={110}
        />
        <ActionIcon.Group>
          <ActionIcon
            variant="default"
            size={30}
            aria-label={t("pager.previous")}
            disabled={page <= 1}
            onClick={() => onChange({ page: page - 1 })}
          >
            <IconChevronLeft size={16} aria-hidden />
          </ActionIcon>
          <ActionIcon
            variant="default"
            size={30}
            aria-label={t("pager.next")}
            disabled={!hasNext}
            onClick={() => onChange({ page: page + 1 })}
          >
            <IconChevronRight size={16} aria-hidden />
          </ActionIcon>
        </ActionIcon.Group>
      </Group>
    </Group>
  );
}
