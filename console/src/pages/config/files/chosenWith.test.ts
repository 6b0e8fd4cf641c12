import { expect, test } from "vitest";
import { chosenWith } from "./chosenWith";

test("two versions are chosen, the older one first, and a third takes the later one's place", () => {
  const one = chosenWith({ from: 0, to: 0 }, 5);
  expect(one).toEqual({ from: 5, to: 0 });
  const two = chosenWith(one, 2);
  expect(two).toEqual({ from: 2, to: 5 });
  expect(chosenWith(two, 9)).toEqual({ from: 2, to: 9 });
});

test("a chosen version is chosen no longer", () => {
  expect(chosenWith({ from: 2, to: 5 }, 2)).toEqual({ from: 5, to: 0 });
  expect(chosenWith({ from: 2, to: 5 }, 5)).toEqual({ from: 2, to: 0 });
  expect(chosenWith({ from: 2, to: 0 }, 2)).toEqual({ from: 0, to: 0 });
});
