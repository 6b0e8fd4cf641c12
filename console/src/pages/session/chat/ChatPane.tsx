import { Button, Skeleton } from "@mantine/core";
import { IconArrowDown, IconMessages } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "@/components/EmptyState";
import { Scrollable } from "@/components/Scrollable";
import type { ChatStore, Message } from "./ChatStore";
import { ChatTail, type TailProps } from "./ChatTail";
import classes from "./chat.module.css";
import { MessageRow } from "./MessageRow";
import { RecordRow } from "./RecordRow";
import { recordsBetween } from "./records";
import { useMessages } from "./useChat";
import type { Records } from "./useRecords";

const GUESSED_HEIGHT = 96;
const AHEAD = 6; // rows that are drawn beyond the window
const AT_END = 48; // pixels from the end that still count as being there

interface ChatPaneProps extends TailProps {
  store: ChatStore;
  /** The place to begin at; undefined: at the end. */
  startAt: number | undefined;
  /** The message that was looked for. */
  marked: string;
  records: Records;
}

/**
 * The conversation, of which only what is in the window is drawn and read. Its last row is what is going on now. Whoever
 * is at the end stays there while it grows; whoever reads further up is left in peace.
 */
export function ChatPane({ store, startAt, marked, records, ...tail }: ChatPaneProps) {
  const { t } = useTranslation("session");
  const version = useMessages(store);
  const scroller = useRef<HTMLDivElement>(null);
  const stays = useRef(startAt === undefined);
  const seen = useRef({ top: 0, whole: 0 }); // where the last scroll event has found the window, in pixels
  const [away, setAway] = useState(startAt !== undefined);
  const { total } = store;
  // eslint-disable-next-line react-hooks/incompatible-library -- what it returns is used here alone
  const virtual = useVirtualizer({
    count: total + 1,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (index === total ? 1 : GUESSED_HEIGHT),
    getItemKey: (index) => (index === total ? "tail" : index),
    overscan: AHEAD,
  });
  const rows = virtual.getVirtualItems();
  const first = rows[0]?.index ?? 0;
  const last = Math.min(rows.at(-1)?.index ?? 0, total - 1);
  const height = virtual.getTotalSize();

  useEffect(() => {
    if (last >= first) {
      store.ensure(first, last);
    }
  }, [store, first, last, version]);
  const oldest = store.at(first)?.created_at;
  const readRecords = useEffectEvent((at: string) => records.ensure(at));
  useEffect(() => {
    if (oldest !== undefined) {
      readRecords(oldest);
    }
  }, [oldest, records.all]);
  useLayoutEffect(() => {
    if (stays.current && scroller.current !== null) {
      scroller.current.scrollTop = scroller.current.scrollHeight;
    }
  }, [height]);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) {
      return;
    }
    // The window shrinks when the composer grows. If the reader is at the end, keep the end in view.
    const observer = new ResizeObserver(() => {
      if (stays.current) {
        element.scrollTop = element.scrollHeight;
      }
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (startAt !== undefined) {
      stays.current = false;
      virtual.scrollToIndex(startAt, { align: "center" });
    }
  }, [startAt, virtual]);

  const onScroll = () => {
    const element = scroller.current;
    if (element === null) {
      return;
    }
    const { scrollTop, scrollHeight, clientHeight } = element;
    const { top, whole } = seen.current;
    seen.current = { top: scrollTop, whole: scrollHeight };
    if (scrollHeight - scrollTop - clientHeight < AT_END) {
      stays.current = true;
    } else if (top - scrollTop > Math.max(0, whole - scrollHeight) + 1) {
      stays.current = false; // a person has scrolled up: rows that grew or shrank do not move the window so far
    }
    setAway(!stays.current);
  };
  const toEnd = () => {
    stays.current = true;
    virtual.scrollToIndex(total, { align: "end" });
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  };
  const { latest, active } = tail.runs;
  const recordRows = (before: Message | undefined, after: Message | undefined) =>
    recordsBetween(records.all, before, after).map((record) => (
      <RecordRow
        key={record.key}
        record={record}
        store={store}
        retryable={active === undefined ? latest?.run_id : undefined}
      />
    ));
  return (
    <div className={classes.pane}>
      <Scrollable ref={scroller} className={classes.scroller} onScroll={onScroll} label={t("chat")}>
        {total === 0 && tail.isEmpty && (
          <EmptyState icon={IconMessages} title={t("empty.title")}>
            {t("empty.text")}
          </EmptyState>
        )}
        <div className={classes.rows} style={{ height }}>
          {rows.map(({ key, index, start }) => (
            <div
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              className={classes.row}
              style={{ transform: `translateY(${start}px)` }}
            >
              {index === total ? (
                <>
                  {total === 0 && recordRows(undefined, undefined)}
                  <ChatTail store={store} {...tail} />
                </>
              ) : (
                <>
                  {index === 0 && store.at(0) !== undefined && recordRows(undefined, store.at(0))}
                  <Row store={store} index={index} marked={marked} version={version} />
                  {(index === total - 1 || store.at(index + 1) !== undefined) &&
                    store.at(index) !== undefined &&
                    recordRows(store.at(index), store.at(index + 1))}
                </>
              )}
            </div>
          ))}
        </div>
      </Scrollable>
      {away && (
        <Button
          className={classes.toEnd}
          variant="default"
          size="compact-sm"
          leftSection={<IconArrowDown size={14} aria-hidden />}
          onClick={toEnd}
        >
          {t("toEnd")}
        </Button>
      )}
    </div>
  );
}

function Row({ store, index, marked, version }: { store: ChatStore; index: number; marked: string; version: number }) {
  const message = store.at(index);
  if (message === undefined) {
    return <Skeleton height={GUESSED_HEIGHT - 24} my={12} mx="md" radius="sm" width="auto" />;
  }
  if (store.isShownWithCall(message)) {
    return null;
  }
  return (
    <MessageRow
      message={message}
      store={store}
      version={message.tool_calls === null ? 0 : version}
      marked={message.message_id === marked}
    />
  );
}
