import { IconBookmark } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Pager } from "@/components/Pager";
import { useUrlState } from "@/hooks/useUrlState";
import { BookmarkCard } from "./BookmarkCard";
import { ExportSession } from "./ExportSession";
import { HistoryTabs } from "./HistoryTabs";
import classes from "./MessageCard.module.css";
import { useBookmarks } from "./useBookmarks";

const DEFAULTS = { page: 1, page_size: 20 };

/** The messages that somebody wants to find again. */
export default function BookmarksPage() {
  const { t } = useTranslation("history");
  const [state, setState] = useUrlState(DEFAULTS);
  const { data, error, isPlaceholderData, refetch } = useBookmarks(state.page, state.page_size);
  return (
    <HistoryTabs shown="bookmarks" actions={<ExportSession />}>
      {data === undefined ? (
        error === null ? (
          <Loading rows={6} />
        ) : (
          <ErrorState error={error} retry={refetch} />
        )
      ) : data.total === 0 ? (
        <EmptyState icon={IconBookmark} title={t("bookmark.none")}>
          {t("bookmark.noneHint")}
        </EmptyState>
      ) : (
        <>
          <div className={classes.list} data-stale={isPlaceholderData || undefined}>
            {data.bookmarks.map((bookmark) => (
              <BookmarkCard key={bookmark.bookmark_id} bookmark={bookmark} />
            ))}
          </div>
          <Pager
            page={state.page}
            pageSize={state.page_size}
            total={data.total}
            hasNext={state.page * state.page_size < data.total}
            onChange={setState}
          />
        </>
      )}
    </HistoryTabs>
  );
}
