/**
 * The HTTP API as one web-standard `fetch` handler, over nothing but the engine's interface: it runs behind
 * `startServer`, in a Next.js route or in a test alike. What a route does belongs in routes/, never here.
 */
import { OpenAPIHono } from '@hono/zod-openapi';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { Tidemark } from '../api/tidemark.ts';
import { refuseInvalidInput } from './invalid-input.ts';
import { localOnly } from './local-only.ts';
import type { HttpLog } from './log.ts';
import { accessLog, SILENT_LOG } from './log.ts';
import { addOpenApiDocument } from './openapi-document.ts';
import { readablePath } from './malformed.ts';
import { answerProblem, answerUnknownRoute, answerWrongMethod } from './problem.ts';
import { conversationRoutes } from './routes/conversations.ts';
import { healthRoutes } from './routes/health.ts';
import { jobRoutes } from './routes/jobs.ts';
import { pageRoutes } from './routes/pages.ts';
import { runRoutes } from './routes/runs.ts';
import { syncRoutes } from './routes/sync.ts';
import { verifyRoutes } from './routes/verify.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { securityHeaders } from './security-headers.ts';

export interface AppOptions {
  readonly tidemark: Tidemark;
  /** Default: says nothing. */
  readonly log?: HttpLog | undefined;
}

/** The API over `tidemark`, which stays the caller's to close. Call it with `app.fetch(request)`. */
export function createApp({ tidemark, log = SILENT_LOG }: AppOptions): OpenAPIHono {
  const app = new OpenAPIHono({ defaultHook: refuseInvalidInput, strict: false });
  app.use(accessLog(log), securityHeaders, readablePath);
  // Facebook comes from outside, and shows by its signature that it is Facebook.
  app.route('/', webhookRoutes(tidemark));
  app.use(localOnly);
  app.use(methodNotAllowed({ app, onMethodNotAllowed: answerWrongMethod }));
  app.route('/', pageRoutes(tidemark));
  app.route('/', conversationRoutes(tidemark));
  app.route('/', syncRoutes(tidemark));
  app.route('/', verifyRoutes(tidemark));
  app.route('/', runRoutes(tidemark));
  app.route('/', jobRoutes(tidemark));
  app.route('/', healthRoutes(tidemark));
  addOpenApiDocument(app);
  app.notFound(answerUnknownRoute);
  app.onError(answerProblem(log));
  return app;
}
