import { expect, test } from "vitest";
import { settingsTable } from "../../src/core/settings-table.ts";
import { sourceFiles } from "./source-imports.ts";

/** Those who only know settings: the table, and the check that a driver's settings are there. */
const knowing = ["src/core/settings-table.ts", "src/core/service-driver.ts"];
/** What the drivers of the services are chosen by, which is done there. */
const choices = [
  "meshConfig",
  "inventoryDriver",
  "busDriver",
  "objectStoreDriver",
  "metadataStoreDriver",
  "transferDriver",
];
/** For the Python tasks of the same environment. */
const forOthers = ["otelPythonDisabledInstrumentations", "otelPythonFastapiExcludedUrls"];

test("every setting is read by something in the library", () => {
  const words = new Set(
    sourceFiles()
      .filter(({ path }) => !knowing.includes(path))
      .flatMap(({ text }) => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "").match(/\w+/g) ?? []),
  );
  const unread = Object.keys(settingsTable).filter(
    (property) => !choices.includes(property) && !forOthers.includes(property) && !words.has(property),
  );
  expect(unread).toEqual([]);
  expect(words.has("aSettingThatIsNotThere")).toBe(false);
});
