import { expect, test } from "vitest";
import { chosenWith, type ChosenTwo } from "./chosenTwo";

const choose = (chosen: ChosenTwo<number>, one: number) => chosenWith(chosen, one, 0, (a, b) => a < b);

test("the older of two comes first, whichever was chosen first", () => {
  const one = choose({ from: 0, to: 0 }, 3);
  expect(one).toEqual({ from: 3, to: 0 });
  expect(choose(one, 1)).toEqual({ from: 1, to: 3 });
  expect(choose({ from: 1, to: 0 }, 2)).toEqual({ from: 1, to: 2 });
});

test("one that is chosen again is let go, and a third takes the second's place", () => {
  const both = { from: 1, to: 3 };
  expect(choose(both, 1)).toEqual({ from: 3, to: 0 });
  expect(choose(both, 3)).toEqual({ from: 1, to: 0 });
  expect(choose(both, 2)).toEqual({ from: 1, to: 2 });
  expect(choose(both, 9)).toEqual({ from: 1, to: 9 });
  expect(choose({ from: 1, to: 0 }, 1)).toEqual({ from: 0, to: 0 });
});
