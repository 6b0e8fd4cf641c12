import { ActionIcon, Button, Group, Popover, TextInput, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPencil } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, invalidate, type Schemas } from "@/api/client";

const LONGEST = 500;

/** Gives the session another title; an empty one takes it away. */
export function TitleEditor({ session }: { session: Schemas["SessionResponse"] }) {
  const { t } = useTranslation("session");
  const queries = useQueryClient();
  const [opened, setOpened] = useState(false);
  const [typed, setTyped] = useState("");
  const rename = api.useMutation("put", "/api/sessions/{session_id}", {
    onSuccess: () => {
      setOpened(false);
      return invalidate(queries, "/api/sessions/{session_id}", "/api/sessions/");
    },
    onError: ({ detail }) => notifications.show({ color: "red", message: detail }),
  });
  const toggle = () => {
    setTyped(session.title ?? "");
    setOpened(!opened);
  };
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" shadow="md" trapFocus returnFocus width={360}>
      <Popover.Target>
        <Tooltip label={t("rename.open")}>
          <ActionIcon size="sm" aria-label={t("rename.open")} onClick={toggle}>
            <IconPencil size={15} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const title = typed.trim() === "" ? null : typed.trim();
            rename.mutate({ params: { path: { session_id: session.session_id } }, body: { title } });
          }}
        >
          <Group gap="xs" wrap="nowrap">
            <TextInput
              aria-label={t("rename.label")}
              placeholder={session.session_id}
              value={typed}
              maxLength={LONGEST}
              onChange={({ currentTarget }) => setTyped(currentTarget.value)}
              flex={1}
              data-autofocus
            />
            <Button type="submit" loading={rename.isPending}>
              {t("rename.save")}
            </Button>
          </Group>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
