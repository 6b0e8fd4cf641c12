import { lazy, Suspense } from "react";
import type { Schemas } from "@/api/client";
import type { Saved } from "@/components/editor/useSaveFile";
import { Loading } from "@/components/Loading";
import { beginningOf } from "./beginnings";

const FileEditor = lazy(() => import("./FileEditor")); // the editor is large, and most only read

interface EditFileProps {
  path: string;
  /** Left out where there is none yet: saving makes it. */
  file: Schemas["ConfigContentResponse"] | undefined;
}

/** The editor over a file, or over what a new one begins with. */
export function EditFile({ path, file }: EditFileProps) {
  const theirs: Saved | null = file === undefined ? null : { path, text: file.content, etag: file.etag };
  return (
    <Suspense fallback={<Loading rows={8} />}>
      <FileEditor opened={theirs ?? { path, text: beginningOf(path), etag: null }} theirs={theirs} />
    </Suspense>
  );
}
