// npm run docs:api: the reference of everything that the package exports, as pages in dist-docs/. A warning fails it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Application, LogLevel } from "typedoc";

const root = join(import.meta.dirname, "..");
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Record<string, string | Record<string, string>>;
};
const entryPoints = Object.values(exports).flatMap((conditions) =>
  typeof conditions === "string" ? [] : [join(root, conditions["firstlight-source"] ?? "")],
);

const app = await Application.bootstrap({
  name: "firstlight",
  tsconfig: join(root, "src/tsconfig.json"),
  entryPoints,
  out: process.argv[2] ?? join(root, "dist-docs"),
  // The README links to files of the repository, which are not among these pages.
  readme: "none",
  // The pages do not depend on where the checkout comes from.
  disableSources: true,
  excludePrivate: true,
  excludeInternal: true,
  treatWarningsAsErrors: true,
  // `npm run types` has looked for them.
  skipErrorChecking: true,
  logLevel: LogLevel.Warn,
  // What types are made of inside; an author meets none of them.
  intentionallyNotExported: [
    "core/log.ts:Fields",
    "core/service-driver.ts:Driver",
    "core/service-driver.ts:services",
    "core/settings-table.ts:Setting",
    "core/settings-table.ts:settingsTable",
    "math/census.ts:Census",
    "math/colour-map.ts:anchors",
    "parsing/default-buds.ts:L0Bud",
    "parsing/fits-access.ts:ValueOf",
    "scratch/tag.ts:Time",
    "services/recipe-run-configuration.ts:schema",
    "workflow/covered-uses.ts:CoveredUses",
  ],
});
const project = await app.convert();
if (project === undefined) process.exit(1);
app.validate(project);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
await app.generateOutputs(project);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
