import { Modal } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { RunForm } from "./RunForm";

interface RunDialogProps {
  workflow: Schemas["WorkflowSourceResponse"];
  opened: boolean;
  onClose: () => void;
}

/** Runs a version in a session of its own, with what is filled in. */
export function RunDialog({ workflow, opened, onClose }: RunDialogProps) {
  const { t } = useTranslation("workflows");
  return (
    <Modal opened={opened} onClose={onClose} size="lg" title={t("run.title", { name: workflow.name })}>
      <ReadInputs workflowId={workflow.workflow_id} onClose={onClose} />
    </Modal>
  );
}

function ReadInputs({ workflowId, onClose }: { workflowId: string; onClose: () => void }) {
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/workflows/{workflow_id}/inputs",
    { params: { path: { workflow_id: workflowId } } },
    { staleTime: Infinity },
  );
  if (data === undefined) {
    return error === null ? <Loading rows={4} /> : <ErrorState error={error} retry={refetch} />;
  }
  return <RunForm workflowId={workflowId} inputs={data} onClose={onClose} />;
}
