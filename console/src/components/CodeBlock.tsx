import { Copy } from "./Copy";
import { Scrollable } from "./Scrollable";
import classes from "./CodeBlock.module.css";

interface CodeBlockProps {
  code: string;
  /** As it was named, such as `python`. */
  language?: string;
  /** Lines that are shown at once; the rest is scrolled to. */
  rows?: number;
}

/** Code or data as it stands, with a button that copies it. */
export function CodeBlock({ code, language, rows }: CodeBlockProps) {
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
          <code>{code}</code>
        </pre>
      </Scrollable>
    </div>
  );
}

/** A value as indented JSON. */
export function JsonBlock({ value, rows }: { value: unknown; rows?: number }) {
  return <CodeBlock code={JSON.stringify(value, null, 2)} language="json" {...(rows === undefined ? {} : { rows })} />;
}
