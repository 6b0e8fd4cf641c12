import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Schemas } from "@/api/client";
import { ForkMark } from "./ForkMark";
import classes from "./SessionRow.module.css";
import { StatusBadge } from "./StatusBadge";

interface SessionRowProps {
  session: Schemas["SessionResponse"];
  children?: ReactNode;
}

/** A session on one line of a short list; the whole line leads to it. */
export function SessionRow({ session, children }: SessionRowProps) {
  return (
    <Link to={`/sessions/${encodeURIComponent(session.session_id)}`} className={classes.row}>
      <span className={classes.name}>
        {session.forked_from !== null && <ForkMark />}
        {session.title ?? session.session_id}
      </span>
      <span className={classes.status}>
        <StatusBadge status={session.status} />
      </span>
      {children !== undefined && <span className={classes.more}>{children}</span>}
    </Link>
  );
}
