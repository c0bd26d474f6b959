import { beforeAll, describe, expect, it } from 'vitest';
import type { VerificationNotes } from '../core/findings.ts';
import type { Lease } from '../core/model.ts';
import { type OpenedStore, openStoreForTest } from '../../test/support/store/opened-store.ts';
import { openVerify } from './verify-store.ts';

const NOTES: VerificationNotes = {
  findings: [
    {
      kind: 'missing',
      conversationId: 't_1',
      contactName: 'Ada \uD800\0 Winter',
      updatedAt: undefined,
      missedBySync: false,
      repaired: false,
    },
  ],
  counts: { missing: 1, stale: 0, deleted: 0, repaired: 0, missedBySync: 0 },
  unrepaired: ['t_1'],
  listed: 40,
  probed: ['t_2'],
  unreadable: 1,
  deepSince: undefined,
};
const CHECKPOINT = { after: 'cursor', nextWatermark: Date.UTC(2026, 1, 1), startedAt: Date.UTC(2026, 1, 2) };

describe('an unfinished verify', () => {
  let store: OpenedStore;
  beforeAll(async () => {
    store = await openStoreForTest(17);
  });

  const beginVerify = (pageId: string) => store.begin({ pageId, purpose: 'verify' });
  async function stopAt(lease: Lease) {
    const { verifyStore } = await openVerify(store.database, lease, { repairs: true, deepSince: undefined });
    await verifyStore.recordSeen(['t_1']);
    await verifyStore.save({ checkpoint: CHECKPOINT, notes: NOTES });
    await store.expire(lease);
    return verifyStore;
  }
  async function countSeen(pageId: string): Promise<number> {
    const sql = 'SELECT count(*)::int AS count FROM facebook_verify_seen WHERE page_id = $1';
    return (await store.one<{ count: number }>(sql, [pageId])).count;
  }

  it('is found by the next run of its kind as it was left, whatever characters are in it', async () => {
    const pageId = await store.addPage();
    await stopAt((await beginVerify(pageId)).lease);
    const { unfinished } = await openVerify(store.database, (await beginVerify(pageId)).lease, {
      repairs: true,
      deepSince: undefined,
    });
    expect(unfinished?.checkpoint).toEqual(CHECKPOINT);
    const [finding] = unfinished?.notes.findings ?? [];
    expect(finding).toMatchObject({ conversationId: 't_1', contactName: 'Ada \uFFFD\uFFFD Winter' });
    expect(unfinished?.notes).toMatchObject({ counts: NOTES.counts, unrepaired: ['t_1'], listed: 40, probed: ['t_2'] });
  });

  it('is not found by a verify of the other kind', async () => {
    const pageId = await store.addPage();
    await stopAt((await beginVerify(pageId)).lease);
    const { lease } = await beginVerify(pageId);
    expect(
      (await openVerify(store.database, lease, { repairs: false, deepSince: undefined })).unfinished,
    ).toBeUndefined();
    expect(await countSeen(pageId)).toBe(1);
  });

  it('is neither kept nor forgotten nor resumed by a run that has lost the lease (I6)', async () => {
    const pageId = await store.addPage();
    const { lease: old } = await beginVerify(pageId);
    const stale = await stopAt(old);
    const { lease } = await beginVerify(pageId);
    await expect(stale.save({ checkpoint: { ...CHECKPOINT, after: 'older' }, notes: NOTES })).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
    await expect(stale.shouldYield()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await expect(openVerify(store.database, old, { repairs: true, deepSince: undefined })).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
    await expect(stale.forget()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await countSeen(pageId)).toBe(1);
    const { unfinished, verifyStore } = await openVerify(store.database, lease, {
      repairs: true,
      deepSince: undefined,
    });
    expect(unfinished?.checkpoint.after).toBe('cursor');
    await verifyStore.forget();
    expect(await countSeen(pageId)).toBe(0);
    expect(
      (await openVerify(store.database, lease, { repairs: true, deepSince: undefined })).unfinished,
    ).toBeUndefined();
  });

  it('leaves nothing behind that was seen by one whose process died before it kept a place', async () => {
    const pageId = await store.addPage();
    const { lease: dead } = await beginVerify(pageId);
    await (
      await openVerify(store.database, dead, { repairs: true, deepSince: undefined })
    ).verifyStore.recordSeen(['t_1']);
    await store.expire(dead);
    expect(await countSeen(pageId)).toBe(1);
    await openVerify(store.database, (await beginVerify(pageId)).lease, { repairs: false, deepSince: undefined });
    expect(await countSeen(pageId)).toBe(0);
  });
});
