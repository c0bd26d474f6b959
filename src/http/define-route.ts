/** Routes as the app knows them: every one says which query parameters it takes, be it none, and refuses all others. */
import { createRoute } from '@hono/zod-openapi';
import { NoQuery } from '../api/request.ts';

/** As `createRoute` of the framework. */
export const defineRoute: typeof createRoute = (route) =>
  createRoute({ ...route, request: { query: NoQuery, ...route.request } });
