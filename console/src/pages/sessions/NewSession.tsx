import { Button, Group, Modal, type OptionsFilter, Select, Stack } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, invalidate } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { WorkflowSummary } from "@/components/workflows/WorkflowSummary";
import { fileContains, startOf, useStartable } from "./useStartable";

/** Asks for a workflow, makes a session on it, and goes there. */
export function NewSession({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation("sessions");
  return (
    <Modal opened={opened} onClose={onClose} title={t("new.title")}>
      <NewSessionForm onClose={onClose} />
    </Modal>
  );
}

function NewSessionForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("sessions");
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [chosen, setChosen] = useState<string | null>(null);
  const [typed, setTyped] = useState("");
  const startable = useStartable(typed);
  const create = api.useMutation("post", "/api/sessions/", {
    onSuccess: (session) => {
      void invalidate(queries, "/api/sessions/", "/api/workflows/");
      void navigate(`/sessions/${encodeURIComponent(session.session_id)}`);
    },
  });
  const chosenLabel = startable.groups.flatMap(({ items }) => items).find(({ value }) => value === chosen)?.label;
  const filter: OptionsFilter = ({ options, search }) => {
    // While the field shows the chosen workflow's name, the list still offers all the others.
    const wanted = search === chosenLabel ? "" : search;
    return options.map((group) =>
      "group" in group
        ? {
            ...group,
            items: group.items.filter(({ value, label }) => {
              const file = startable.fileOf(value);
              return file === undefined
                ? label.toLowerCase().includes(wanted.trim().toLowerCase())
                : fileContains(file, wanted);
            }),
          }
        : group,
    );
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen !== null) {
          create.mutate({ body: startOf(chosen) });
        }
      }}
    >
      <Stack gap="sm">
        <Select
          label={t("new.workflow")}
          description={t("new.hint")}
          placeholder={t("new.choose")}
          data={startable.groups}
          value={chosen}
          onChange={setChosen}
          onSearchChange={setTyped}
          searchable
          filter={filter}
          renderOption={({ option }) => {
            const file = startable.fileOf(option.value);
            return file === undefined ? <span className="break">{option.label}</span> : <WorkflowSummary file={file} />;
          }}
          maxDropdownHeight={360}
          nothingFoundMessage={startable.pending ? t("new.loading") : t("new.none")}
          data-autofocus
        />
        {startable.error !== null && <ErrorState error={startable.error} retry={startable.retry} />}
        {create.error !== null && <ErrorState error={create.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t("new.cancel")}
          </Button>
          <Button type="submit" disabled={chosen === null} loading={create.isPending}>
            {t("new.create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
