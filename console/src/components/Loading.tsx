import { Center, Loader, Skeleton, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** While something is fetched: lines where a list will stand, otherwise a spinner in the middle. */
export function Loading({ rows }: { rows?: number }) {
  const { t } = useTranslation("components");
  if (rows === undefined) {
    return (
      <Center py={64} role="status" aria-label={t("loading")}>
        <Loader size="sm" />
      </Center>
    );
  }
  return (
    <Stack gap={10} py="xs" role="status" aria-label={t("loading")}>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={22} radius="sm" />
      ))}
    </Stack>
  );
}
