import { Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, type Schemas } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Markdown } from "@/components/Markdown";
import { Panel } from "@/components/Panel";
import classes from "./Facts.module.css";

/** What the nodes work on: the fields of the state. */
export function StatePanel({ workflowId, loaded }: { workflowId: string; loaded: boolean }) {
  const { t } = useTranslation("workflows");
  return (
    <Stack gap="md">
      <Text size="xs" c="dimmed">
        {t("chooseNode")}
      </Text>
      {loaded && <StateFields workflowId={workflowId} />}
    </Stack>
  );
}

function StateFields({ workflowId }: { workflowId: string }) {
  const { t } = useTranslation("workflows");
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/workflows/{workflow_id}/inputs",
    { params: { path: { workflow_id: workflowId } } },
    { staleTime: Infinity },
  );
  if (data === undefined) {
    return error === null ? <Loading rows={3} /> : <ErrorState error={error} retry={refetch} />;
  }
  return (
    <>
      {data.description !== "" && <Markdown text={data.description} />}
      <Panel title={t("state.title")}>
        <dl className={classes.facts}>
          {data.state.map((field) => (
            <div key={field.name} className={classes.fact}>
              <dt className="mono break">
                {field.name}
                {field.required && <span title={t("state.required")}> *</span>}
              </dt>
              <dd>
                {typeOf(field)}
                {field.description !== "" && <div className={classes.note}>{field.description}</div>}
              </dd>
            </div>
          ))}
        </dl>
      </Panel>
    </>
  );
}

/** "list, append", "string = "none"" */
function typeOf({ type, reducer, has_default, default: value }: Schemas["StateFieldResponse"]): string {
  const beginning = has_default ? ` = ${JSON.stringify(value)}` : "";
  return (reducer === null ? type : `${type}, ${reducer}`) + beginning;
}
