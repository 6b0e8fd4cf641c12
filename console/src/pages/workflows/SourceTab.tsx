import { Button, Group, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Schemas } from "@/api/client";
import { CodeBlock } from "@/components/CodeBlock";
import { saveFile } from "@/hooks/saveFile";

/** The version as it was written, with the files that it reaches. */
export function SourceTab({ workflow }: { workflow: Schemas["WorkflowSourceResponse"] }) {
  const { t } = useTranslation("workflows");
  const { source, subworkflows, name, number, config_path } = workflow;
  const texts = [{ path: config_path ?? `${name}.yaml`, text: source }, ...subworkflows];
  return (
    <Stack gap="lg">
      {texts.map(({ path, text }) => (
        <section key={path} aria-label={path}>
          <Group justify="space-between" gap="xs">
            <Text size="sm" fw={600} className="mono break">
              {path}
            </Text>
            <Button
              variant="default"
              leftSection={<IconDownload size={14} aria-hidden />}
              onClick={() => saveFile(new Blob([text], { type: "application/yaml" }), fileNameOf(path, number))}
            >
              {t("download")}
            </Button>
          </Group>
          <CodeBlock code={text} language="yaml" numbered />
        </section>
      ))}
    </Stack>
  );
}

/** "configs/workflows/chat.yaml" of version 3 is saved as "chat-3.yaml". */
function fileNameOf(path: string, number: number): string {
  const file = path.replace(/^.*\//, "");
  return file.replace(/(\.ya?ml)$/, `-${number}$1`);
}
