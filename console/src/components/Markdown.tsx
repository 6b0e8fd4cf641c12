import { Anchor } from "@mantine/core";
import { memo, type ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { CodeBlock } from "./CodeBlock";
import { Scrollable } from "./Scrollable";
import classes from "./Markdown.module.css";

const PLUGINS = [remarkGfm];

/** Links open beside the page and tell nothing of it; pictures are links, so that none is fetched unasked. */
const COMPONENTS: Components = {
  a: ({ href, children }) => <Outward href={href}>{children}</Outward>,
  img: ({ src, alt }) => (
    <Outward href={typeof src === "string" ? src : undefined}>
      {alt === undefined || alt === "" ? String(src) : alt}
    </Outward>
  ),
  pre: ({ children }) => {
    const { className, children: code } = propsOf(children);
    const language = /language-(\S+)/.exec(className ?? "")?.[1];
    return <CodeBlock code={textOf(code).replace(/\n$/, "")} {...(language === undefined ? {} : { language })} />;
  },
  table: ({ children }) => (
    <Scrollable className={classes.table}>
      <table>{children}</table>
    </Scrollable>
  ),
};

/** Markdown as models write it. HTML in it is shown as text, and addresses other than of the web are left out. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return (
    <div className={classes.markdown}>
      <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS}>
        {withFormulas(text)}
      </ReactMarkdown>
    </div>
  );
});

const CODE = /(^ {0,3}(`{3,}|~{3,})[\s\S]*?(?:^ {0,3}\2|$(?![\s\S]))|(`+)(?!`)[\s\S]*?[^`]\3(?!`))/gm;

/** Models write formulas as \(…\) and \[…\]. Markdown would take the backslashes for its own: outside of code they stay. */
function withFormulas(text: string): string {
  if (!/\\[()[\]]/.test(text)) {
    return text;
  }
  let written = "";
  let end = 0;
  for (const { index, 0: code } of text.matchAll(CODE)) {
    written += escaped(text.slice(end, index)) + code;
    end = index + code.length;
  }
  return written + escaped(text.slice(end));
}

function escaped(text: string): string {
  return text.replaceAll(/(?<!\\)\\([()[\]])/g, "\\\\\\$1");
}

/** An address that was left out, since it is none of the web, leaves its words. */
function Outward({ href, children }: { href: string | undefined; children: ReactNode }) {
  return href === undefined || href === "" ? (
    <>{children}</>
  ) : (
    <Anchor href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </Anchor>
  );
}

function propsOf(node: unknown): { className?: string; children?: unknown } {
  return typeof node === "object" && node !== null && "props" in node
    ? (node.props as { className?: string; children?: unknown })
    : { children: node };
}

function textOf(node: unknown): string {
  return Array.isArray(node) ? node.map(textOf).join("") : typeof node === "string" ? node : "";
}
