/**
 * Finds promises that are left alone: one that nobody awaits loses its failure, and with it the news that something
 * was not stored. The linter knows no types, so the compiler is asked.
 */
import ts from 'typescript';

/** A place in the source, counted from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** Statements that are a promise. One with a handler for its failure, or marked `void`, is meant to stand alone. */
export function findFloatingPromises(program: ts.Program, files: readonly ts.SourceFile[]): readonly Place[] {
  const checker = program.getTypeChecker();
  const found: Place[] = [];
  for (const file of files) {
    const visit = (node: ts.Node): void => {
      if (ts.isExpressionStatement(node) && isPromise(node.expression, checker) && !isHandled(node.expression)) {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
        found.push({ file: file.fileName, line: line + 1 });
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return found;
}

function isPromise(expression: ts.Expression, checker: ts.TypeChecker): boolean {
  if (ts.isBinaryExpression(expression) && isAssignment(expression.operatorToken.kind)) return false;
  return checker.getPropertyOfType(checker.getTypeAtLocation(expression), 'then') !== undefined;
}

function isAssignment(operator: ts.SyntaxKind): boolean {
  return operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment;
}

function isHandled(expression: ts.Expression): boolean {
  if (!ts.isCallExpression(expression) || !ts.isPropertyAccessExpression(expression.expression)) return false;
  const { text } = expression.expression.name;
  const handlers = expression.arguments.length;
  return (text === 'catch' && handlers === 1) || (text === 'then' && handlers === 2);
}
