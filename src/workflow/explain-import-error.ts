import { codeOf, messageOf } from "../core/errors.ts";

/** One line that says why a module cannot be imported, where, and what to change. */
export function explainImportError(path: string, error: unknown): string {
  const message = messageOf(error).split("\n")[0] ?? "";
  const code = codeOf(error);
  const found = placeOf(error);
  const place = found ?? path;
  if (code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") {
    return `${place}: ${message}: Node runs TypeScript by taking the types away. ${rewrite(message)}`;
  }
  if (code === "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING") {
    return `${message} Packages are published as JavaScript: build it, or move the file out of node_modules.`;
  }
  if (code === "ERR_MODULE_NOT_FOUND") return `${message}. ${findModule(message)}`;
  if (message.includes("does not provide an export named")) {
    return `${place}: ${message}. If it is a type, write 'import type'; otherwise check the name.`;
  }
  if (message.includes("outside a module"))
    return `${place}: ${message}. Add "type": "module" to the nearest package.json.`;
  if (error instanceof SyntaxError && found === undefined) {
    // Taking the types away leaves a decorator as it is, and of what V8 cannot read Node keeps no line.
    return `${place}, or a file that it imports: ${message}. Mend the syntax; decorators (@name) are not JavaScript yet.`;
  }
  if (error instanceof SyntaxError) return `${place}: ${message}. Mend the syntax there.`;
  return `${place}: importing it threw ${error instanceof Error ? error.name : "a value"}: ${message}`;
}

function rewrite(message: string): string {
  if (/enum/i.test(message)) return 'Write \'const X = { A: "a", B: "b" } as const\' in place of the enum.';
  if (/parameter propert/i.test(message)) return "Declare the field and assign it in the constructor's body.";
  if (/namespace|module/i.test(message))
    return "Export the members from a module of their own in place of the namespace.";
  return "Write it in plain JavaScript.";
}

function findModule(message: string): string {
  const [, specifier = ""] = /Cannot find (?:package|module) '([^']*)'/.exec(message) ?? [];
  if (message.startsWith("Cannot find package")) return `Install it: npm install ${specifier}`;
  return /\.\w+$/.test(specifier)
    ? "Check the path of the import."
    : "An import of a file names its extension, as in './task.ts'.";
}

/**
 * Node puts `file:///path:line` above the stack of a syntax error, and the first frame below that of others. Modules of
 * Node's own (`node:internal/…`) are no place where anything can be mended.
 */
function placeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const [, file, line] = /(?:^|[\s(])(?:file:\/\/)?(\/[^\n:()]+):(\d+)/.exec(error.stack ?? "") ?? [];
  return file === undefined || line === undefined ? undefined : `${decodeURI(file)}:${line}`;
}
