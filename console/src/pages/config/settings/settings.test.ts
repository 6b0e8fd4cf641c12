import { expect, test } from "vitest";
import { grouped, matching, type Setting, written } from "./settings";

function setting(name: string, changes: Partial<Setting> = {}): Setting {
  const variable = `FLOWDECK_${name.toUpperCase().replaceAll(".", "__")}`;
  return {
    name,
    variable,
    value: null,
    default: null,
    source: "default",
    description: "",
    description_zh: "",
    ...changes,
  };
}

const PORT = setting("server.port", { value: 8321, description: "Port to listen at." });
const HOST = setting("server.host", { value: "127.0.0.1", source: "option" });
const FOLDER = setting("data_dir", { value: "data", source: "environment" });
const ALL = [FOLDER, HOST, PORT];

test("a setting is found by words of its name, variable, value and description", () => {
  expect(matching(ALL, { search: "listen PORT", source: "" })).toEqual([PORT]);
  expect(matching(ALL, { search: "flowdeck_data_dir", source: "" })).toEqual([FOLDER]);
  expect(matching(ALL, { search: "127.0", source: "" })).toEqual([HOST]);
  expect(matching(ALL, { search: "listen host", source: "" })).toEqual([]);
});

test("a source leaves only its settings", () => {
  expect(matching(ALL, { search: "", source: "" })).toEqual(ALL);
  expect(matching(ALL, { search: "", source: "environment" })).toEqual([FOLDER]);
  expect(matching(ALL, { search: "server", source: "environment" })).toEqual([]);
});

test("settings stand under the first part of their names", () => {
  expect(grouped(ALL)).toEqual([
    ["", [FOLDER]],
    ["server", [HOST, PORT]],
  ]);
});

test("nothing is written as nothing, and false is something", () => {
  expect([null, undefined, ""].map(written)).toEqual([null, null, null]);
  expect([false, 0, ["a"], "data"].map(written)).toEqual(["false", "0", '["a"]', "data"]);
});
