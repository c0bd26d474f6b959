/**
 * Tidemark as a library. Open it with `createTidemark(settings)`; everything it can do is in the `Tidemark` interface.
 * Only re-exports live here.
 */
export type { Settings } from './config/options.ts';
export { readSettings } from './config/read-settings.ts';
export type * from './core/api/history.ts';
export type * from './core/api/mirror.ts';
export type * from './core/api/pages.ts';
export type * from './core/api/runs.ts';
export type * from './core/api/sync.ts';
export type * from './core/api/verify.ts';
export { Secret, type Tidemark } from './core/engine-api.ts';
export { ERRORS, type ErrorCode } from './core/error-catalogue.ts';
export { isTidemarkError, TidemarkError } from './core/errors.ts';
export type { SyncEvent } from './core/events.ts';
export { createTidemark, type EngineOptions, type EngineSettings } from './engine/create-tidemark.ts';
