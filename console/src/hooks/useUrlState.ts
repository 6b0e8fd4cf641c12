/** A list's page, order and filters, kept in the address: it can be reloaded, bookmarked, sent, and gone back to. */
import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";

type Values = Record<string, string | number>;

/** New values, or how they follow from those in the address: these may be newer than the ones that were rendered. */
type Changes<State> = Partial<State> | ((current: State) => Partial<State>);

/**
 * `defaults` names the keys, their types and what is left out of the address; declare it outside the component.
 * Changing anything but the page goes back to page 1.
 */
export function useUrlState<State extends Values>(
  defaults: State,
): [State, (changes: Changes<State>, options?: { replace?: boolean }) => void] {
  const [params, setParams] = useSearchParams();
  const state = useMemo(() => readState(params, defaults), [params, defaults]);
  const change = useCallback(
    (changes: Changes<State>, options: { replace?: boolean } = {}) => {
      // The current address, which may be newer than what was rendered if two changes follow each other quickly.
      const current = new URLSearchParams(window.location.search);
      const values = typeof changes === "function" ? changes(readState(current, defaults)) : changes;
      setParams(writeState(current, defaults, values), { replace: options.replace ?? false });
    },
    [setParams, defaults],
  );
  return [state, change];
}

/** Numbers are counted from 1; what is no such number in the address is the default. */
export function readState<State extends Values>(params: URLSearchParams, defaults: State): State {
  const read = Object.entries(defaults).map(([key, fallback]): [string, string | number] => {
    const text = params.get(key);
    if (text === null) {
      return [key, fallback];
    }
    if (typeof fallback === "string") {
      return [key, text];
    }
    const number = Number(text);
    return [key, Number.isInteger(number) && number > 0 ? number : fallback];
  });
  return Object.fromEntries(read) as State;
}

export function writeState<State extends Values>(
  current: URLSearchParams,
  defaults: State,
  changes: Partial<State>,
): URLSearchParams {
  const written = new URLSearchParams(current);
  const all = "page" in defaults && !("page" in changes) ? { page: defaults.page, ...changes } : changes;
  for (const [key, value] of Object.entries(all)) {
    if (value === undefined || value === defaults[key]) {
      written.delete(key);
    } else {
      written.set(key, String(value));
    }
  }
  return written;
}
