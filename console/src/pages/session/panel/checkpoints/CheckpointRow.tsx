import { ActionIcon, Anchor, Badge, Group, Menu, Text } from "@mantine/core";
import {
  IconArrowBackUp,
  IconBookmark,
  IconDotsVertical,
  IconGitFork,
  IconPencil,
  IconTrash,
} from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, invalidate, type Schemas } from "@/api/client";
import { TimeAgo } from "@/components/TimeAgo";
import { useNotify } from "@/hooks/useNotify";
import { useUrlState } from "@/hooks/useUrlState";
import { type Checkpoint, useCheckpointName } from "../useCheckpoints";
import classes from "./checkpoints.module.css";
import type { Ask } from "./PlaceDialog";

const DEFAULTS = { tab: "", checkpoint: "", against: "" };

interface CheckpointRowProps {
  session: Schemas["SessionResponse"];
  checkpoint: Checkpoint;
  /** The session stands here now. */
  isPresent: boolean;
  /** A run is under way: the present state cannot be changed. */
  isBusy: boolean;
  onAsk: (what: Ask["what"]) => void;
  onEdit: () => void;
}

/** One state: where it comes from, what changed, the names it was saved under, and what can be done with it. */
export function CheckpointRow({ session, checkpoint, isPresent, isBusy, onAsk, onEdit }: CheckpointRowProps) {
  const { t } = useTranslation("session");
  const queries = useQueryClient();
  const notify = useNotify();
  const [, setView] = useUrlState(DEFAULTS);
  const nameOf = useCheckpointName();
  const { checkpoint_id, parent_id, changed, snapshots } = checkpoint;
  const unsave = api.useMutation("delete", "/api/sessions/{session_id}/snapshots/{snapshot_id}", {
    onSuccess: () => invalidate(queries, "/api/sessions/{session_id}/checkpoints"),
    onError: notify.failed,
  });
  const look = (against: string) => setView({ tab: "state", checkpoint: checkpoint_id, against });
  const name = nameOf({ ...checkpoint, label: null });
  return (
    <article className={classes.row} aria-label={name}>
      <div className={classes.words}>
        <Group gap={8}>
          <Anchor component="button" type="button" fw={500} onClick={() => look("")}>
            {name}
          </Anchor>
          {isPresent && <Badge variant="light">{t("checkpoints.present")}</Badge>}
          <Text size="xs" c="dimmed" component="span">
            <TimeAgo at={checkpoint.created_at} />
          </Text>
        </Group>
        {changed.length > 0 && (
          <Group gap={6}>
            <Text size="xs" c="dimmed" className="break">
              {t("checkpoints.changed", { fields: changed.join(", ") })}
            </Text>
            {parent_id !== null && (
              <Anchor component="button" type="button" size="xs" onClick={() => look(parent_id)}>
                {t("checkpoints.difference")}
              </Anchor>
            )}
          </Group>
        )}
        {snapshots.map(({ snapshot_id, label }) => (
          <Group key={snapshot_id} gap={4}>
            <IconBookmark size={13} aria-hidden />
            <Text size="xs">{label ?? t("checkpoints.unnamed")}</Text>
            <ActionIcon
              size="xs"
              aria-label={t("checkpoints.unsave", { label: label ?? t("checkpoints.unnamed") })}
              loading={unsave.isPending}
              onClick={() => unsave.mutate({ params: { path: { session_id: session.session_id, snapshot_id } } })}
            >
              <IconTrash size={12} aria-hidden />
            </ActionIcon>
          </Group>
        ))}
      </div>
      <Menu>
        <Menu.Target>
          <ActionIcon aria-label={t("checkpoints.actions", { name })}>
            <IconDotsVertical size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconBookmark size={14} aria-hidden />} onClick={() => onAsk("save")}>
            {t("checkpoints.save")}
          </Menu.Item>
          <Menu.Item leftSection={<IconGitFork size={14} aria-hidden />} onClick={() => onAsk("fork")}>
            {t("checkpoints.fork")}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconArrowBackUp size={14} aria-hidden />}
            disabled={isBusy || isPresent}
            onClick={() => onAsk("restore")}
          >
            {t("checkpoints.restore")}
          </Menu.Item>
          <Menu.Item leftSection={<IconPencil size={14} aria-hidden />} disabled={isBusy} onClick={onEdit}>
            {t("checkpoints.edit")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </article>
  );
}
