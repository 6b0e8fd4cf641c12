import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client, invalidateFiles } from "@/api/client";
import { BulkDialog } from "@/components/BulkDialog";
import { useNotify } from "@/hooks/useNotify";
import type { NameToDelete } from "./useNameToDelete";

interface DeleteNameProps {
  /** Undefined: nothing is to be deleted. */
  name: NameToDelete | undefined;
  onClose: () => void;
}

/** Asks first, then unloads every loaded version of a name: if one were left, it would become current. */
export function DeleteName({ name, onClose }: DeleteNameProps) {
  const { t } = useTranslation("workflows");
  const queries = useQueryClient();
  const notify = useNotify();
  const path = name?.workflow.config_path ?? null;
  const items = name?.versions ?? [];
  return (
    <BulkDialog
      opened={name !== undefined}
      title={t("delete.nameTitle", { name: name?.workflow.name ?? "" })}
      confirm={t("delete.confirm")}
      dangerous
      items={items}
      act={(workflow_id) => client.DELETE("/api/workflows/{workflow_id}", { params: { path: { workflow_id } } })}
      onDone={(count) => {
        notify.done(t("delete.nameDone", { count }));
        void invalidateFiles(queries);
      }}
      onClose={onClose}
    >
      {t("delete.nameText", { count: items.length })}{" "}
      {path === null ? t("delete.noFile") : t("delete.fileStays", { path })}
    </BulkDialog>
  );
}
