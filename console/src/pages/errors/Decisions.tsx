import { Button, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconBellOff, IconCheck, IconEye, IconRotateClockwise } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, invalidate, type Schemas } from "@/api/client";

/** What a person can decide about a group. Each can be taken back by another, so nothing is asked first. */
export function Decisions({ group }: { group: Schemas["ErrorGroupResponse"] }) {
  const { t } = useTranslation("errors");
  const queries = useQueryClient();
  const options = {
    onSuccess: () => invalidate(queries, "/api/errors/", "/api/errors/{group_id}"),
    onError: ({ detail }: { detail: string }) => notifications.show({ color: "red", message: detail }),
  };
  const resolve = api.useMutation("post", "/api/errors/{group_id}/resolve", options);
  const reopen = api.useMutation("post", "/api/errors/{group_id}/reopen", options);
  const mute = api.useMutation("post", "/api/errors/{group_id}/mute", options);
  const init = { params: { path: { group_id: group.group_id } } };
  const ReopenIcon = group.status === "open" ? IconEye : IconRotateClockwise;
  return (
    <>
      {(group.status !== "open" || group.regressed) && (
        <Tooltip label={t("decide.seenHint")} disabled={group.status !== "open"}>
          <Button
            variant="default"
            leftSection={<ReopenIcon size={14} aria-hidden />}
            loading={reopen.isPending}
            onClick={() => reopen.mutate(init)}
          >
            {group.status === "open" ? t("decide.seen") : t("decide.reopen")}
          </Button>
        </Tooltip>
      )}
      {group.status !== "muted" && (
        <Button
          variant="default"
          leftSection={<IconBellOff size={14} aria-hidden />}
          loading={mute.isPending}
          onClick={() => mute.mutate(init)}
        >
          {t("decide.mute")}
        </Button>
      )}
      {group.status !== "resolved" && (
        <Button
          leftSection={<IconCheck size={14} aria-hidden />}
          loading={resolve.isPending}
          onClick={() => resolve.mutate(init)}
        >
          {t("decide.resolve")}
        </Button>
      )}
    </>
  );
}
