import type { DriverChoice } from "../../core/service-driver.ts";
import type { SettingLine } from "../../core/settings-report.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { oneLine, wrap } from "./text-width.ts";

/** A setting, and whether the file `.env` set it. */
export type ShownSetting = Omit<SettingLine, "from"> & { readonly from: SettingLine["from"] | ".env" };

/** Every setting with what it is for, then the drivers that follow from them. */
export function settingsLines(
  settings: readonly ShownSetting[],
  drivers: readonly DriverChoice[],
  page: { readonly width: number; readonly style: Style },
): readonly string[] {
  const { width, style } = page;
  return [
    ...settings.flatMap(({ name, value, from, default: fallback, description }) => {
      const text = value === undefined ? style.dim("unset") : spell(value);
      const origin = from === "default" ? style.dim("default") : `${from}; default ${fallback ?? "unset"}`;
      return [
        `${from === "default" ? name : style.bold(style.cyan(name))} = ${text}  ${style.dim(`(${origin})`)}`,
        ...wrap(description, Math.max(24, width - 4)).map((line) => style.dim(`    ${line}`)),
      ];
    }),
    "",
    ...table(
      [{ title: "Service" }, { title: "Driver" }, { title: "Because of", flexible: true }],
      drivers.map(({ service, driver, because }) => [service, driver, because]),
      page,
    ),
  ];
}

function spell(value: unknown): string {
  return oneLine(typeof value === "string" ? value : (JSON.stringify(value) ?? String(value)));
}
