import { Text, VisuallyHidden } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./editor.module.css";
import { type Mistake, messageOf } from "./diagnostics";
import type { Mistakes } from "./useMistakes";
import type { YamlText } from "./useYamlText";

interface TextPaneProps {
  /** What the text is, for those who hear it. */
  label: string;
  yaml: YamlText;
  mistakes: Mistakes;
}

/** The text, and below it what is wrong with it; a mistake leads to its place. */
export function TextPane({ label, yaml, mistakes }: TextPaneProps) {
  const { host, labelId, hintId, goTo } = yaml;
  const { t } = useTranslation("components");
  return (
    <section className={classes.text} aria-labelledby={labelId}>
      <VisuallyHidden id={labelId}>{label}</VisuallyHidden>
      <VisuallyHidden id={hintId}>{t("editor.text.hint")}</VisuallyHidden>
      <div className={classes.editor} ref={host} />
      {mistakes.all.length > 0 && (
        <ul className={classes.mistakes} aria-label={t("editor.text.mistakes")}>
          {mistakes.all.map((mistake) => (
            <li key={`${mistake.file ?? ""}:${mistake.line ?? ""}:${mistake.field}:${mistake.message}`}>
              {mistakes.here.includes(mistake) ? (
                <button type="button" className={classes.mistake} onClick={() => goTo(mistake)}>
                  <Words mistake={mistake} place={t("editor.text.line", { line: mistake.line })} />
                </button>
              ) : (
                <div className={classes.mistake}>
                  <Words
                    mistake={mistake}
                    place={[mistake.file, mistake.line].filter((part) => part != null).join(":")}
                  />
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Words({ mistake, place }: { mistake: Mistake; place: string }) {
  return (
    <>
      {place !== "" && (
        <Text span size="xs" c="dimmed" className="number" mr={8}>
          {place}
        </Text>
      )}
      <span className="break">{messageOf(mistake)}</span>
    </>
  );
}
