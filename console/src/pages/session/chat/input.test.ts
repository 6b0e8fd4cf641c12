import { expect, test } from "vitest";
import { attachedIn, inputOf } from "./input";

test("words alone are sent as they are, fields alone as an object", () => {
  expect(inputOf("Hello", undefined, "messages")).toBe("Hello");
  expect(inputOf("  ", { n: 0 }, "messages")).toEqual({ n: 0 });
  expect(inputOf("", undefined, "messages")).toBeUndefined();
});

test("words follow the messages that are attached", () => {
  const said = { role: "user", content: "And now?" };
  expect(inputOf("And now?", { n: 1 }, "messages")).toEqual({ n: 1, messages: [said] });
  const system = { role: "system", content: "Be brief." };
  expect(inputOf("And now?", { talk: [system] }, "talk")).toEqual({ talk: [system, said] });
  expect(inputOf("And now?", { talk: "First." }, "talk")).toEqual({
    talk: [{ role: "user", content: "First." }, said],
  });
});

test("only an object can be attached", () => {
  expect(attachedIn(" ")).toEqual({ fields: undefined, fault: null });
  expect(attachedIn("{")).toEqual({ fields: undefined, fault: "json" });
  expect(attachedIn("[1]")).toEqual({ fields: undefined, fault: "object" });
  expect(attachedIn('{"n": 1}')).toEqual({ fields: { n: 1 }, fault: null });
});
