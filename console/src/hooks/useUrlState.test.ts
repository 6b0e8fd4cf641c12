import { expect, test } from "vitest";
import { readState, writeState } from "./useUrlState";

const DEFAULTS = { page: 1, page_size: 20, search: "", sort_by: "updated_at" };

function read(address: string) {
  return readState(new URLSearchParams(address), DEFAULTS);
}

function write(address: string, changes: Partial<typeof DEFAULTS>) {
  return writeState(new URLSearchParams(address), DEFAULTS, changes).toString();
}

test("what the address does not say is the default", () => {
  expect(read("")).toEqual(DEFAULTS);
  expect(read("page=3&search=a%26b")).toEqual({ ...DEFAULTS, page: 3, search: "a&b" });
});

test.each(["page=0", "page=-1", "page=1.5", "page=x", "page=", "page=1e400"])("%s is no page", (address) => {
  expect(read(address).page).toBe(1);
});

test("defaults are left out, and what is not ours stays", () => {
  expect(write("tab=x&sort_by=status", { sort_by: "updated_at", search: "a b" })).toBe("tab=x&search=a+b");
});

test("a change of anything but the page goes to the first", () => {
  expect(write("page=4", { search: "x" })).toBe("search=x");
  expect(write("search=x&page=4", { page: 5 })).toBe("search=x&page=5");
  expect(write("page=4", { page_size: 50 })).toBe("page_size=50");
});
