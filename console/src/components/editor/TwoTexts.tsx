import { Group, Text } from "@mantine/core";
import { MergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { useCallback, useId } from "react";
import { useTranslation } from "react-i18next";
import classes from "./editor.module.css";
import { yamlExtensions } from "./extensions";

interface TwoTextsProps {
  before: string;
  after: string;
  labels: [string, string];
}

/** Two texts side by side with what differs; what is the same is folded. */
export function TwoTexts({ before, after, labels }: TwoTextsProps) {
  const { t } = useTranslation("components");
  const first = useId();
  const second = useId();
  const host = useCallback(
    (element: HTMLElement | null) => {
      if (element === null) {
        return undefined;
      }
      const readOnly = [
        EditorState.readOnly.of(true),
        EditorView.editable.of(false),
        EditorState.phrases.of({ "$ unchanged lines": t("editor.unchanged") }),
      ];
      const view = new MergeView({
        parent: element,
        a: { doc: before, extensions: [yamlExtensions(first, first), readOnly] },
        b: { doc: after, extensions: [yamlExtensions(second, second), readOnly] },
        collapseUnchanged: {},
      });
      return () => view.destroy();
    },
    [before, after, first, second, t],
  );
  return (
    <>
      <Group grow mb={6}>
        <Text size="xs" c="dimmed" id={first}>
          {labels[0]}
        </Text>
        <Text size="xs" c="dimmed" id={second}>
          {labels[1]}
        </Text>
      </Group>
      <div className={classes.compared} ref={host} />
    </>
  );
}
