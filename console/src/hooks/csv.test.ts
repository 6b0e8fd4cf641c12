import { expect, test } from "vitest";
import { csv } from "./csv";

test("cells with commas, quotes and line ends are quoted", () => {
  expect(csv([["a,b", 'say "hi"', "two\nlines", 1.5, null]])).toBe('"a,b","say ""hi""","two\nlines",1.5,\r\n');
});

test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =cmd|' /C calc'!A0"])(
  "%j is a text to a spreadsheet, and nothing to compute",
  (text) => {
    expect(csv([[text]]).replaceAll('"', "")).toMatch(/^'/);
  },
);

test("a negative number stays a number", () => {
  expect(csv([[-0.25]])).toBe("-0.25\r\n");
});
