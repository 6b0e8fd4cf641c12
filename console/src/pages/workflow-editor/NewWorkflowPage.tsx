import { useTranslation } from "react-i18next";
import { api } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Page } from "@/components/Page";
import { useWorkflowFiles } from "@/components/workflows/useWorkflowFiles";
import { useUrlState } from "@/hooks/useUrlState";
import { freeName } from "./document/edits";
import { setIn } from "./document/source";
import { Beginnings } from "./Beginnings";
import { Editor } from "./Editor";
import { pathFor } from "./saving/paths";

const DEFAULTS = { from: "" };
export const EMPTY = "empty";

const SMALLEST = `name: my-workflow
description: ""
state:
  messages: {type: messages}
`;

/** A new workflow: first what it begins with, which the address keeps, then the editor. */
export default function NewWorkflowPage() {
  const { t } = useTranslation("workflow-editor");
  const [{ from }] = useUrlState(DEFAULTS);
  const { files, error, refetch } = useWorkflowFiles();
  if (files === undefined) {
    return (
      <Page title={t("new.title")}>
        {error === null ? <Loading rows={6} /> : <ErrorState error={error} retry={refetch} />}
      </Page>
    );
  }
  if (from === "") {
    return <Beginnings files={files} />;
  }
  const taken = new Set(files.map(({ path }) => path));
  return from === EMPTY ? (
    <NewWorkflow text={SMALLEST} name="my-workflow" taken={taken} />
  ) : (
    <FromFile path={from} taken={taken} key={from} />
  );
}

function FromFile({ path, taken }: { path: string; taken: ReadonlySet<string> }) {
  const { t } = useTranslation("workflow-editor");
  const { data, error, refetch } = api.useQuery("get", "/api/config/files/{path}", { params: { path: { path } } });
  if (data === undefined) {
    return (
      <Page title={t("new.title")}>
        {error === null ? <Loading rows={8} /> : <ErrorState error={error} retry={refetch} />}
      </Page>
    );
  }
  const name = path.replace(/^.*\/|\.ya?ml$/g, "");
  return <NewWorkflow text={data.content} name={name} taken={taken} />;
}

/** The name is one that no file has: another's would make this the next version of that workflow. */
function NewWorkflow({ text, name, taken }: { text: string; name: string; taken: ReadonlySet<string> }) {
  const { t } = useTranslation("workflow-editor");
  const free = freeName(name, new Set([...taken].map((path) => path.replace(/^.*\/|\.ya?ml$/g, ""))));
  return (
    <Editor
      title={t("new.title")}
      opened={{ path: pathFor(free), text: named(text, free), etag: null }}
      theirs={null}
      workflowId={null}
    />
  );
}

function named(text: string, name: string): string {
  try {
    return setIn(text, ["name"], name);
  } catch {
    return text; // the file cannot be read: it is opened as it is
  }
}
