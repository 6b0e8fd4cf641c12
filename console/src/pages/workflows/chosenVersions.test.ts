import { expect, test } from "vitest";
import { chosenWith } from "./chosenVersions";

const VERSIONS = [3, 2, 1].map((number) => ({ workflow_id: `v${number}`, number }));

test("the older of two comes first, whichever was chosen first", () => {
  const none = { from: "", to: "" };
  const one = chosenWith(none, "v3", VERSIONS);
  expect(one).toEqual({ from: "v3", to: "" });
  expect(chosenWith(one, "v1", VERSIONS)).toEqual({ from: "v1", to: "v3" });
  expect(chosenWith({ from: "v1", to: "" }, "v2", VERSIONS)).toEqual({ from: "v1", to: "v2" });
});

test("one that is chosen again is let go, and a third takes the second's place", () => {
  const both = { from: "v1", to: "v3" };
  expect(chosenWith(both, "v1", VERSIONS)).toEqual({ from: "v3", to: "" });
  expect(chosenWith(both, "v3", VERSIONS)).toEqual({ from: "v1", to: "" });
  expect(chosenWith(both, "v2", VERSIONS)).toEqual({ from: "v1", to: "v2" });
});
