import { ActionIcon, Button, Group, Stack, Text, Textarea, Tooltip } from "@mantine/core";
import { IconNote, IconPencil } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/hooks/useFormat";
import { ErrorState } from "./ErrorState";

const NEARLY = 200; // characters left, from which on they are counted

interface NoteEditorProps {
  note: string | null;
  /** Characters that it may have. */
  limit: number;
  /** Null takes the note away. What it throws is shown, and what was typed stays. */
  save: (note: string | null) => Promise<unknown>;
}

/** A person's note: shown as it was written, edited in its place. Ctrl-Enter saves, Escape leaves it as it was. */
export function NoteEditor({ note, limit, save }: NoteEditorProps) {
  const { t } = useTranslation("components");
  const [editing, setEditing] = useState(false);
  if (editing) {
    return <NoteForm note={note} limit={limit} save={save} onClose={() => setEditing(false)} />;
  }
  if (note === null) {
    return (
      <Button
        variant="subtle"
        size="compact-xs"
        leftSection={<IconNote size={14} aria-hidden />}
        onClick={() => setEditing(true)}
      >
        {t("note.add")}
      </Button>
    );
  }
  return (
    <Group gap={6} wrap="nowrap" align="flex-start">
      <Text c="dimmed" lh={0} mt={3}>
        <IconNote size={14} aria-hidden />
      </Text>
      <Text size="sm" className="break" style={{ whiteSpace: "pre-wrap" }}>
        {note}
      </Text>
      <Tooltip label={t("note.edit")}>
        <ActionIcon size="sm" aria-label={t("note.edit")} onClick={() => setEditing(true)}>
          <IconPencil size={14} aria-hidden />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}

function NoteForm({ note, limit, save, onClose }: NoteEditorProps & { onClose: () => void }) {
  const { t } = useTranslation("components");
  const format = useFormat();
  const [typed, setTyped] = useState(note ?? "");
  const [saving, setSaving] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const left = limit - Array.from(typed).length;
  const submit = async () => {
    setSaving(true);
    setFailure(null);
    try {
      await save(typed.trim() === "" ? null : typed.trim());
      onClose();
    } catch (error) {
      setFailure(error);
      setSaving(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Stack gap="xs">
        <Textarea
          aria-label={t("note.label")}
          size="xs"
          autosize
          minRows={2}
          maxRows={10}
          ref={focusAtEnd}
          value={typed}
          error={left < NEARLY && t("note.left", { shown: format.number(left) })}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") {
              event.stopPropagation(); // not the dialog around it
              onClose();
            } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && left >= 0) {
              void submit();
            }
          }}
        />
        {failure !== null && <ErrorState error={failure} />}
        <Group gap="xs">
          <Button type="submit" size="compact-xs" loading={saving} disabled={left < 0}>
            {t("note.save")}
          </Button>
          <Button variant="default" size="compact-xs" onClick={onClose}>
            {t("note.cancel")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Whoever opens the field wants to write there: behind what it says already. */
function focusAtEnd(field: HTMLTextAreaElement | null): void {
  field?.focus();
  field?.setSelectionRange(field.value.length, field.value.length);
}
