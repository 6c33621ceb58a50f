// Collects the code of every error that src/ can throw. Types tell what a code may be where a function passes it on.
import { relative } from "node:path";
import ts from "typescript";

export interface ThrownCodes {
  /** Code → the files that throw it, and the dispositions it is thrown with. */
  readonly codes: ReadonlyMap<string, { readonly files: Set<string>; readonly dispositions: Set<string> }>;
  /** Where a code or a disposition could be any string: `file:line`. */
  readonly unknown: readonly string[];
}

/** Looks at each `new FirstlightError(code, …)` in the sources under `root`. */
export function thrownCodes(root: string): ThrownCodes {
  const config = ts.getParsedCommandLineOfConfigFile(
    `${root}/src/tsconfig.json`,
    { customConditions: [] },
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic(diagnostic) {
        throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"));
      },
    },
  );
  if (config === undefined) throw new Error(`no src/tsconfig.json under ${root}`);
  const program = ts.createProgram(config.fileNames, config.options);
  const checker = program.getTypeChecker();
  const codes = new Map<string, { files: Set<string>; dispositions: Set<string> }>();
  const unknown: string[] = [];

  const visit = (node: ts.Node, file: ts.SourceFile): void => {
    if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "FirstlightError") {
      const [code, , options] = node.arguments ?? [];
      const path = relative(root, file.fileName);
      for (const [literal, disposition] of code === undefined ? [] : pairsOf(checker, code, options)) {
        if (literal === undefined || disposition === undefined) {
          unknown.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1}`);
          continue;
        }
        const entry = codes.get(literal) ?? { files: new Set(), dispositions: new Set() };
        codes.set(literal, entry);
        entry.files.add(path);
        entry.dispositions.add(disposition);
      }
    }
    ts.forEachChild(node, (child) => visit(child, file));
  };
  for (const name of config.fileNames) {
    const file = program.getSourceFile(name);
    if (file !== undefined) visit(file, file);
  }
  return { codes, unknown };
}

type Pair = readonly [code: string | undefined, disposition: string | undefined];

/** Which code goes with which disposition; where one condition chooses both, branch by branch. */
function pairsOf(checker: ts.TypeChecker, code: ts.Expression, options: ts.Expression | undefined): readonly Pair[] {
  const given = options !== undefined && ts.isObjectLiteralExpression(options) ? options.properties : [];
  const property = given.find((one) => ts.isPropertyAssignment(one) && one.name.getText() === "disposition");
  const disposition = property !== undefined && ts.isPropertyAssignment(property) ? property.initializer : undefined;
  const literals = (expression: ts.Expression) => literalsOf(checker.getTypeAtLocation(expression));
  const cross = (codes: ReturnType<typeof literals>, dispositions: ReturnType<typeof literals>): readonly Pair[] =>
    codes.flatMap((one) => dispositions.map((other) => [one, other] as const));
  if (
    ts.isConditionalExpression(code) &&
    disposition !== undefined &&
    ts.isConditionalExpression(disposition) &&
    code.condition.getText() === disposition.condition.getText()
  ) {
    return [
      ...cross(literals(code.whenTrue), literals(disposition.whenTrue)),
      ...cross(literals(code.whenFalse), literals(disposition.whenFalse)),
    ];
  }
  return cross(literals(code), dispositionsOf(checker, options));
}

/** `fatal` where the options name none, as in the constructor. */
function dispositionsOf(checker: ts.TypeChecker, options: ts.Expression | undefined): (string | undefined)[] {
  const property = options === undefined ? undefined : checker.getTypeAtLocation(options).getProperty("disposition");
  if (options === undefined || property === undefined) return ["fatal"];
  const type = checker.getTypeOfSymbolAtLocation(property, options);
  const members = type.isUnion() ? type.types : [type];
  return members.flatMap((member) => (member.flags & ts.TypeFlags.Undefined ? ["fatal"] : literalsOf(member)));
}

function literalsOf(type: ts.Type): (string | undefined)[] {
  if (type.isUnion()) return type.types.flatMap(literalsOf);
  return [type.isStringLiteral() ? type.value : undefined];
}
