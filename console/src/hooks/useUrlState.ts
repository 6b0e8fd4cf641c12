/** A list's page, order and filters, kept in the address: it can be reloaded, bookmarked, sent, and gone back to. */
import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";

type Values = Record<string, string | number>;

/**
 * `defaults` names the keys, their types and what is left out of the address; declare it outside the component.
 * Changing anything but the page goes back to page 1.
 */
export function useUrlState<State extends Values>(
  defaults: State,
): [State, (changes: Partial<State>, options?: { replace?: boolean }) => void] {
  const [params, setParams] = useSearchParams();
  const state = useMemo(() => readState(params, defaults), [params, defaults]);
  const change = useCallback(
    (changes: Partial<State>, options: { replace?: boolean } = {}) => {
      // The address as it is now, not as it was rendered: a search that was typed before a filter is told after it.
      const current = new URLSearchParams(window.location.search);
      setParams(writeState(current, defaults, changes), { replace: options.replace ?? false });
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
