import { Anchor, UnstyledButton } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./jsonTree.module.css";

const AT_ONCE = 100; // children; the rest is asked for
const LONG = 300; // letters of a text that are shown before it is opened

/** A JSON value, opened as far as somebody wants to see of it. */
export function JsonTree({ value, name, opened = false }: { value: unknown; name: string; opened?: boolean }) {
  const [isOpen, setIsOpen] = useState(opened);
  const [shown, setShown] = useState(AT_ONCE);
  const { t } = useTranslation("session");
  if (!isBranch(value)) {
    return <Leaf name={name} value={value} />;
  }
  const children = Object.entries(value as Record<string, unknown>);
  return (
    <div>
      <UnstyledButton className={classes.branch} aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
        <IconChevronRight size={13} aria-hidden className={classes.chevron} />
        <span className={classes.name}>{name}</span>
        <span className={classes.summary}>{summaryOf(value)}</span>
      </UnstyledButton>
      {isOpen && (
        <div className={classes.children}>
          {children.slice(0, shown).map(([key, child]) => (
            <JsonTree key={key} name={key} value={child} />
          ))}
          {children.length > shown && (
            <Anchor component="button" type="button" size="xs" onClick={() => setShown(shown + AT_ONCE)}>
              {t("tree.more", { count: children.length - shown })}
            </Anchor>
          )}
        </div>
      )}
    </div>
  );
}

function Leaf({ name, value }: { name: string; value: unknown }) {
  const { t } = useTranslation("session");
  const [whole, setWhole] = useState(false);
  const text = JSON.stringify(value);
  const cut = !whole && text.length > LONG;
  return (
    <div className={classes.leaf}>
      <span className={classes.name}>{name}</span>
      <span className={classes.value} data-type={value === null ? "null" : typeof value}>
        {cut ? `${text.slice(0, LONG)}… ` : text}
        {cut && (
          <Anchor component="button" type="button" size="xs" onClick={() => setWhole(true)}>
            {t("tree.whole")}
          </Anchor>
        )}
      </span>
    </div>
  );
}

function isBranch(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

/** "[12]", or the beginning of what stands in it. */
function summaryOf(value: object): string {
  if (Array.isArray(value)) {
    return `[${value.length}]`;
  }
  const text = JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
