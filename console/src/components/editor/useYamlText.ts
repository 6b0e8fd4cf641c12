/** A YAML text in CodeMirror. Whatever changes it, by keys or by the graph, is a step of its one history. */
import { redo, redoDepth, undo, undoDepth, isolateHistory } from "@codemirror/commands";
import { setDiagnostics } from "@codemirror/lint";
import { EditorView } from "@codemirror/view";
import { useCallback, useEffect, useId, useMemo, useRef, useState } from "react";
import { changesBetween } from "./changes";
import { diagnosticsOf, type Mistake, offsetOf } from "./diagnostics";
import { yamlExtensions } from "./extensions";

export interface YamlText {
  text: string;
  labelId: string;
  hintId: string;
  canUndo: boolean;
  canRedo: boolean;
  /** Where the editor is put. */
  host: (element: HTMLElement | null) => (() => void) | undefined;
  /** Replaces what differs. `typed`: joins the steps of what is typed in one go. */
  write: (text: string, options?: { typed?: boolean }) => void;
  /** Scrolls to a place and puts the cursor there. */
  reveal: (at: number) => void;
  /** The same for a mistake, to mend it. */
  goTo: (mistake: Mistake) => void;
  mark: (mistakes: readonly Mistake[]) => void;
  undo: () => void;
  redo: () => void;
}

export function useYamlText(initial: string): YamlText {
  const [first] = useState(initial);
  const [state, setState] = useState({ text: initial, canUndo: false, canRedo: false });
  const view = useRef<EditorView | null>(null);
  const labelId = useId();
  const hintId = useId();
  const host = useCallback(
    (element: HTMLElement | null) => {
      if (element === null) {
        return undefined;
      }
      const told = EditorView.updateListener.of(({ docChanged, state: now }) => {
        if (docChanged) {
          setState({ text: now.doc.toString(), canUndo: undoDepth(now) > 0, canRedo: redoDepth(now) > 0 });
        }
      });
      const made = new EditorView({ parent: element, doc: first, extensions: [yamlExtensions(labelId, hintId), told] });
      view.current = made;
      return () => {
        made.destroy();
        view.current = null;
      };
    },
    [first, labelId, hintId],
  );
  const actions = useMemo(
    () => ({
      write: (text: string, { typed = false }: { typed?: boolean } = {}) => {
        view.current?.dispatch({
          changes: changesBetween(view.current.state.doc.toString(), text),
          userEvent: typed ? "input.type" : "input",
          annotations: typed ? [] : [isolateHistory.of("full")],
        });
      },
      reveal: (at: number) => {
        const anchor = Math.min(at, view.current?.state.doc.length ?? 0);
        view.current?.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
      },
      goTo: (mistake: Mistake) => {
        if (view.current !== null) {
          const anchor = offsetOf(view.current.state.doc, mistake);
          view.current.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
          view.current.focus();
        }
      },
      mark: (mistakes: readonly Mistake[]) => {
        if (view.current !== null) {
          const { state: now } = view.current;
          view.current.dispatch(setDiagnostics(now, diagnosticsOf(now.doc, mistakes)));
        }
      },
      undo: () => view.current !== null && undo(view.current),
      redo: () => view.current !== null && redo(view.current),
    }),
    [],
  );
  return { ...state, labelId, hintId, host, ...actions };
}

/** Marks mistakes when they are told anew. */
export function useMarks({ mark }: YamlText, mistakes: readonly Mistake[]): void {
  useEffect(() => mark(mistakes), [mark, mistakes]);
}
