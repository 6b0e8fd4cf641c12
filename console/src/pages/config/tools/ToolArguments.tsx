import { Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { JsonBlock } from "@/components/CodeBlock";
import { DataTable } from "@/components/DataTable";
import { argumentsOf } from "./arguments";

const ROWS = 16;

/** A tool's arguments, and their whole schema. */
export function ToolArguments({ schema }: { schema: Record<string, unknown> }) {
  const { t } = useTranslation("config");
  const taken = argumentsOf(schema);
  return (
    <>
      {taken.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t("tools.noArguments")}
        </Text>
      ) : (
        <DataTable
          label={t("tools.arguments")}
          head={
            <>
              <Table.Th>{t("tools.argument")}</Table.Th>
              <Table.Th>{t("tools.type")}</Table.Th>
              <Table.Th>{t("tools.description")}</Table.Th>
            </>
          }
        >
          {taken.map(({ name, type, required, description }) => (
            <Table.Tr key={name}>
              <Table.Td>
                <span className="mono">{name}</span>
                {required && (
                  <Text size="xs" c="dimmed">
                    {t("tools.required")}
                  </Text>
                )}
              </Table.Td>
              <Table.Td className="mono">{type}</Table.Td>
              <Table.Td>{description}</Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
      <JsonBlock value={schema} rows={ROWS} />
    </>
  );
}
