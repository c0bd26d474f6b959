import { once } from 'node:events';
import { expect, it } from 'vitest';
import type { SyncEvent } from '../core/events.ts';
import { createEventHub } from './event-hub.ts';

it('a listener that throws is told no more; the others are, and whoever tells does not notice', async () => {
  const hub = createEventHub();
  const heard: string[] = [];
  hub.subscribe(({ type }) => {
    heard.push(`first ${type}`);
    throw new Error('no disk');
  });
  hub.subscribe(({ type }) => void heard.push(`second ${type}`));
  const warned = once(process, 'warning');
  hub.emit({ type: 'list-requested' } as SyncEvent);
  hub.emit({ type: 'survey-finished' } as SyncEvent);
  expect(heard).toEqual(['first list-requested', 'second list-requested', 'second survey-finished']);
  expect(String((await warned)[0])).toContain('no disk');
});
