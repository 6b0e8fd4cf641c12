/* eslint-disable jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keys (WCAG 2.1.1) */
import type { CSSProperties, ReactNode, Ref, UIEventHandler } from "react";

interface ScrollableProps {
  children: ReactNode;
  /** What scrolls, for those who hear it; left out where the content speaks for itself. */
  label?: string;
  className?: string | undefined;
  style?: CSSProperties | undefined;
  ref?: Ref<HTMLDivElement>;
  onScroll?: UIEventHandler<HTMLDivElement>;
}

/** A part that scrolls in itself, also by the keyboard. */
export function Scrollable({ children, label, ...rest }: ScrollableProps) {
  return (
    <div tabIndex={0} role={label === undefined ? "group" : "region"} aria-label={label} {...rest}>
      {children}
    </div>
  );
}
