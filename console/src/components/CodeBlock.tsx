import { Copy } from "./Copy";
import { Scrollable } from "./Scrollable";
import classes from "./CodeBlock.module.css";
import { useHighlighted } from "./useHighlighted";

interface CodeBlockProps {
  code: string;
  /** As it was named, such as `python`. JSON and YAML are coloured. */
  language?: string;
  /** Lines that are shown at once; the rest is scrolled to. */
  rows?: number;
  /** Lines have their numbers. */
  numbered?: boolean;
}

/** Code or data as it stands, with a button that copies it. */
export function CodeBlock({ code, language, rows, numbered = false }: CodeBlockProps) {
  const pieces = useHighlighted(code, language);
  return (
    <div className={classes.block}>
      <div className={classes.bar}>
        <span className={classes.language}>{language}</span>
        <Copy value={code} />
      </div>
      <Scrollable
        className={classes.scroller}
        style={rows === undefined ? undefined : { maxHeight: `${rows * 1.5}em` }}
      >
        <pre className={classes.code}>
          {numbered && <LineNumbers code={code} />}
          <code>
            {pieces.map(({ text, kind }, index) =>
              kind === null ? (
                text
              ) : (
                <span key={index} className={classes[kind]}>
                  {text}
                </span>
              ),
            )}
          </code>
        </pre>
      </Scrollable>
    </div>
  );
}

function LineNumbers({ code }: { code: string }) {
  const count = code.replace(/\n$/, "").split("\n").length;
  return (
    <span className={classes.numbers} aria-hidden>
      {Array.from({ length: count }, (_, line) => line + 1).join("\n")}
    </span>
  );
}

/** A value as indented JSON. */
export function JsonBlock({ value, rows }: { value: unknown; rows?: number }) {
  return <CodeBlock code={JSON.stringify(value, null, 2)} language="json" {...(rows === undefined ? {} : { rows })} />;
}
