/**
 * Turns what a schema says about a request into one sentence per field. A rejected value is never repeated: it may be
 * a token.
 */
import type { z } from 'zod';
import { TidemarkError } from '../core/errors.ts';

/** Where a rejected value stood, as the validator names it. */
type Target = 'json' | 'query' | 'param' | 'header' | 'cookie' | 'form';

type Checked = { readonly target: Target } & (
  | { readonly success: true }
  | { readonly success: false; readonly error: z.ZodError }
);

/** Validation hook: throws INVALID_INPUT with a sentence that names each rejected field and what it accepts. */
export function refuseInvalidInput(checked: Checked): void {
  if (checked.success) return;
  const sentences = checked.error.issues.map(
    (issue) => `${subject(checked.target, issue.path.join('.'))} ${issue.message}.`,
  );
  throw new TidemarkError('INVALID_INPUT', [...new Set(sentences)].join(' '));
}

function subject(target: Target, field: string): string {
  if (field === '') return target === 'query' ? 'The query string' : 'The request body';
  return target === 'query' ? `The query parameter ${field}` : `The field ${field}`;
}
